; The Windows installer (Inno Setup 6.3 or newer), of the folder that packaging/build.py has made:
;
;   iscc packaging\windows\hematodesk.iss          -> dist\hematodesk-VERSION-windows-x64-setup.exe
;   iscc /DSigned "/Srelease=signtool sign ... $f" packaging\windows\hematodesk.iss      signs it as well
;
; For one person, without administrator's rights, unless /ALLUSERS is given. Silent:
;
;   setup:   hematodesk-VERSION-windows-x64-setup.exe /VERYSILENT /SUPPRESSMSGBOXES /NORESTART
;            [/ALLUSERS] [/DIR="D:\hematodesk"] [/TASKS="desktopicon"] [/LOG="file"]
;   removal: "%LOCALAPPDATA%\Programs\hematodesk\unins000.exe" /VERYSILENT /SUPPRESSMSGBOXES /NORESTART
;
; The person's data lie in %LOCALAPPDATA%\hematodesk, which neither setup nor removal touches.
; The Visual C++ runtime is inside the folder (see packaging/systems.py): nothing else is to be installed.

#define Built "..\..\dist\hematodesk"
; The version is the program's own, from hematodesk/__init__.py by way of its version resource.
#define Version GetStringFileInfo(AddBackslash(SourcePath) + Built + "\hematodesk.exe", "ProductVersion")

[Setup]
AppId={{6C1D7A54-3E0B-4B8E-9D0C-6B0D5C1B7E42}
AppName=hematodesk
AppVersion={#Version}
AppVerName=hematodesk {#Version}
AppPublisher=The hematodesk authors
DefaultDirName={autopf}\hematodesk
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=commandline
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
SetupIconFile=..\..\resources\icons\hematodesk.ico
UninstallDisplayIcon={app}\hematodesk.exe
UninstallDisplayName=hematodesk {#Version}
VersionInfoProductTextVersion={#Version}
OutputDir=..\..\dist
OutputBaseFilename=hematodesk-{#Version}-windows-x64-setup
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
ShowLanguageDialog=auto
ChangesAssociations=yes
CloseApplications=yes
RestartApplications=no
#ifdef Signed
SignTool=release
SignedUninstaller=yes
#endif

[Languages]
Name: "english"; MessagesFile: "compiler:Default.isl"
Name: "spanish"; MessagesFile: "compiler:Languages\Spanish.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; GroupDescription: "{cm:AdditionalIcons}"; Flags: unchecked

[InstallDelete]
; An upgrade leaves no library of the version before. Data never lie in here.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Built}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{autoprograms}\hematodesk"; Filename: "{app}\hematodesk.exe"
Name: "{autodesktop}\hematodesk"; Filename: "{app}\hematodesk.exe"; Tasks: desktopicon

[Registry]
; "Open with" for the image formats; what opens them by default stays as it is. packaging/build.py writes which.
Root: HKA; Subkey: "Software\Classes\hematodesk.image"; ValueType: string; ValueData: "hematodesk"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\hematodesk.image\DefaultIcon"; ValueType: string; ValueData: "{app}\hematodesk.exe,0"
Root: HKA; Subkey: "Software\Classes\hematodesk.image\shell\open\command"; ValueType: string; ValueData: """{app}\hematodesk.exe"" ""%1"""
Root: HKA; Subkey: "Software\Classes\Applications\hematodesk.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "hematodesk"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\hematodesk.exe\shell\open\command"; ValueType: string; ValueData: """{app}\hematodesk.exe"" ""%1"""
#define Offer(Extension) \
  "Root: HKA; Subkey: ""Software\Classes\" + Extension + "\OpenWithProgids""; ValueType: string; ValueName: ""hematodesk.image""; ValueData: """"; Flags: uninsdeletevalue" + NewLine + \
  "Root: HKA; Subkey: ""Software\Classes\Applications\hematodesk.exe\SupportedTypes""; ValueType: string; ValueName: """ + Extension + """; ValueData: """""
#include "..\..\dist\image-formats.iss"

[Run]
Filename: "{app}\hematodesk.exe"; Description: "{cm:LaunchProgram,hematodesk}"; Flags: nowait postinstall skipifsilent
