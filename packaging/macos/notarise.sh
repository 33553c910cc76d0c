#!/usr/bin/env bash
# Has Apple notarise the built app and packs it as a disk image. On macOS, after a build that was signed:
#
#   HEMATODESK_SIGN_IDENTITY="Developer ID Application: NAME (TEAM)" python packaging/build.py --smoke-test
#   packaging/macos/notarise.sh dist/hematodesk.app PROFILE
#
# PROFILE is a keychain profile of the publisher's, made once with `xcrun notarytool store-credentials PROFILE`.
# This sends the app to Apple; the program itself never opens a connection.
set -euo pipefail

app=${1:?the app, dist/hematodesk.app}
profile=${2:?the keychain profile of the publisher}
folder=$(dirname "$app")
version=$(/usr/libexec/PlistBuddy -c 'Print :CFBundleShortVersionString' "$app/Contents/Info.plist")
image="$folder/hematodesk-$version-macos-$(uname -m).dmg"

# Whole, signed by a developer, with the hardened runtime: what Apple refuses would be refused here first.
codesign --verify --deep --strict --verbose=2 "$app"
codesign --display --verbose=2 "$app" 2>&1 | grep -q 'flags=.*runtime'

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
ditto -c -k --keepParent "$app" "$scratch/hematodesk.zip"
xcrun notarytool submit "$scratch/hematodesk.zip" --keychain-profile "$profile" --wait
# The ticket goes into the app, so that a computer without internet can check it.
xcrun stapler staple "$app"

mkdir "$scratch/image"
ditto "$app" "$scratch/image/hematodesk.app"
ln -s /Applications "$scratch/image/Applications"
# The bill of materials lies beside the app: inside, it would break the signature.
cp "$folder/hematodesk/_internal/licences/sbom.cdx.json" "$scratch/image/"
hdiutil create -volname "hematodesk $version" -srcfolder "$scratch/image" -format UDZO -ov "$image"
identity=$(codesign --display --verbose=2 "$app" 2>&1 | sed -n 's/^Authority=//p' | head -n 1)
codesign --sign "$identity" --timestamp "$image"
xcrun notarytool submit "$image" --keychain-profile "$profile" --wait
xcrun stapler staple "$image"
spctl --assess --type open --context context:primary-signature --verbose=2 "$image"
shasum -a 256 "$image"
