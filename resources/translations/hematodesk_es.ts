<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="es" sourcelanguage="en_GB">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About hematodesk</source>
        <translation>Acerca de hematodesk</translation>
    </message>
    <message>
        <source>Names the white cells in blood-cell microscopy images, on this computer and without a network. It names cells; it does not diagnose. People do, and every name it gives is theirs to check.</source>
        <translation>Nombra los glóbulos blancos en imágenes de microscopía de células sanguíneas, en este ordenador y sin red. Nombra células; no hace diagnósticos. Diagnostican las personas, y a ellas les toca comprobar cada nombre que da el programa.</translation>
    </message>
    <message>
        <source>Model in use: {model}</source>
        <translation>Modelo en uso: {model}</translation>
    </message>
    <message>
        <source>&amp;Copy the versions</source>
        <translation>&amp;Copiar las versiones</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Copiado</translation>
    </message>
</context>
<context>
    <name>Actions</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Archivo</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Edición</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ver</translation>
    </message>
    <message>
        <source>&amp;Review</source>
        <translation>&amp;Revisión</translation>
    </message>
    <message>
        <source>&amp;Models</source>
        <translation>&amp;Modelos</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>A&amp;yuda</translation>
    </message>
    <message>
        <source>&amp;History</source>
        <translation>&amp;Historial</translation>
    </message>
    <message>
        <source>&amp;Open images…</source>
        <translation>&amp;Abrir imágenes…</translation>
    </message>
    <message>
        <source>Open &amp;folder…</source>
        <translation>Abrir &amp;carpeta…</translation>
    </message>
    <message>
        <source>Open the &amp;samples</source>
        <translation>Abrir los e&amp;jemplos</translation>
    </message>
    <message>
        <source>&amp;Live picture…</source>
        <translation>Imagen en &amp;vivo…</translation>
    </message>
    <message>
        <source>&amp;Watch a folder…</source>
        <translation>Vi&amp;gilar una carpeta…</translation>
    </message>
    <message>
        <source>Show the &amp;newest when it comes</source>
        <translation>Mostrar lo más n&amp;uevo al llegar</translation>
    </message>
    <message>
        <source>Stop wa&amp;tching</source>
        <translation>Dejar de vig&amp;ilar</translation>
    </message>
    <message>
        <source>&amp;Pause the batch</source>
        <translation>&amp;Pausar el lote</translation>
    </message>
    <message>
        <source>&amp;Go on with a batch…</source>
        <translation>C&amp;ontinuar un lote…</translation>
    </message>
    <message>
        <source>Su&amp;mmary of the last batch</source>
        <translation>&amp;Resumen del último lote</translation>
    </message>
    <message>
        <source>&amp;Export…</source>
        <translation>&amp;Exportar…</translation>
    </message>
    <message>
        <source>Export se&amp;lection…</source>
        <translation>Exportar la &amp;selección…</translation>
    </message>
    <message>
        <source>I&amp;mport history…</source>
        <translation>I&amp;mportar historial…</translation>
    </message>
    <message>
        <source>&amp;Back up the history…</source>
        <translation>Hacer &amp;copia de seguridad…</translation>
    </message>
    <message>
        <source>&amp;Restore from a backup…</source>
        <translation>&amp;Restaurar una copia…</translation>
    </message>
    <message>
        <source>&amp;Check the history</source>
        <translation>Com&amp;probar el historial</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>Sa&amp;lir</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Deshacer</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>&amp;Rehacer</translation>
    </message>
    <message>
        <source>&amp;Paste image or files</source>
        <translation>&amp;Pegar imagen o archivos</translation>
    </message>
    <message>
        <source>&amp;Delete images from the history</source>
        <translation>&amp;Eliminar imágenes del historial</translation>
    </message>
    <message>
        <source>&amp;Search the history</source>
        <translation>&amp;Buscar en el historial</translation>
    </message>
    <message>
        <source>Se&amp;ttings…</source>
        <translation>A&amp;justes…</translation>
    </message>
    <message>
        <source>&amp;Previous image</source>
        <translation>Imagen &amp;anterior</translation>
    </message>
    <message>
        <source>&amp;Next image</source>
        <translation>Imagen &amp;siguiente</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>A&amp;mpliar</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>&amp;Reducir</translation>
    </message>
    <message>
        <source>&amp;Fit to window</source>
        <translation>Ajustar a la &amp;ventana</translation>
    </message>
    <message>
        <source>&amp;Actual pixels, 1:1</source>
        <translation>&amp;Píxeles reales, 1:1</translation>
    </message>
    <message>
        <source>&amp;History column</source>
        <translation>Columna del &amp;historial</translation>
    </message>
    <message>
        <source>Ans&amp;wer column</source>
        <translation>Columna de la respues&amp;ta</translation>
    </message>
    <message>
        <source>F&amp;ull screen</source>
        <translation>Pantalla &amp;completa</translation>
    </message>
    <message>
        <source>Put &amp;messages away</source>
        <translation>&amp;Ocultar los mensajes</translation>
    </message>
    <message>
        <source>Go to next &amp;column</source>
        <translation>&amp;Ir a la columna siguiente</translation>
    </message>
    <message>
        <source>Go to the column &amp;before</source>
        <translation>Ir a &amp;la columna anterior</translation>
    </message>
    <message>
        <source>&amp;Next cell</source>
        <translation>Célula &amp;siguiente</translation>
    </message>
    <message>
        <source>&amp;Previous cell</source>
        <translation>Célula &amp;anterior</translation>
    </message>
    <message>
        <source>Next &amp;unreviewed cell</source>
        <translation>Siguiente célula sin re&amp;visar</translation>
    </message>
    <message>
        <source>&amp;Agree</source>
        <translation>&amp;Confirmar</translation>
    </message>
    <message>
        <source>No &amp;cell</source>
        <translation>&amp;No es una célula</translation>
    </message>
    <message>
        <source>&amp;Take the review back</source>
        <translation>&amp;Retirar la revisión</translation>
    </message>
    <message>
        <source>Show &amp;why</source>
        <translation>Mostrar el &amp;porqué</translation>
    </message>
    <message>
        <source>Write a n&amp;ote</source>
        <translation>&amp;Escribir una nota</translation>
    </message>
    <message>
        <source>A&amp;dd a cell by dragging</source>
        <translation>Añadir una célula arras&amp;trando</translation>
    </message>
    <message>
        <source>&amp;Remove the cell</source>
        <translation>&amp;Quitar la célula</translation>
    </message>
    <message>
        <source>&amp;Choose a model…</source>
        <translation>&amp;Elegir un modelo…</translation>
    </message>
    <message>
        <source>&amp;Import a model…</source>
        <translation>&amp;Importar un modelo…</translation>
    </message>
    <message>
        <source>Co&amp;mpare two models…</source>
        <translation>&amp;Comparar dos modelos…</translation>
    </message>
    <message>
        <source>A&amp;dapt to this lab…</source>
        <translation>&amp;Adaptar a este laboratorio…</translation>
    </message>
    <message>
        <source>&amp;About this model</source>
        <translation>Acerca de este &amp;modelo</translation>
    </message>
    <message>
        <source>&amp;Manual</source>
        <translation>&amp;Manual</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>A&amp;tajos de teclado</translation>
    </message>
    <message>
        <source>&amp;About hematodesk</source>
        <translation>&amp;Acerca de hematodesk</translation>
    </message>
</context>
<context>
    <name>ActivationOverlay</name>
    <message>
        <source>Evidence for {class_name}</source>
        <translation>Evidencia de {class_name}</translation>
    </message>
    <message>
        <source>none</source>
        <translation>ninguna</translation>
    </message>
    <message>
        <source>most</source>
        <translation>máxima</translation>
    </message>
</context>
<context>
    <name>AdaptDialog</name>
    <message>
        <source>Adapt to this lab</source>
        <translation>Adaptar a este laboratorio</translation>
    </message>
    <message>
        <source>Which reviews</source>
        <translation>Qué revisiones</translation>
    </message>
    <message>
        <source>All that was reviewed</source>
        <translation>Todo lo revisado</translation>
    </message>
    <message>
        <source>Of the last 30 days</source>
        <translation>De los últimos 30 días</translation>
    </message>
    <message>
        <source>Of the last 90 days</source>
        <translation>De los últimos 90 días</translation>
    </message>
    <message>
        <source>Of the last 12 months</source>
        <translation>De los últimos 12 meses</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Progreso</translation>
    </message>
    <message>
        <source>A new model learns from the cells that you agreed to or corrected. It is made beside the one in use, which stays as it is. Nothing leaves this computer.</source>
        <translation>Un modelo nuevo aprende de las células que usted confirmó o corrigió. Se crea junto al que está en uso, que queda como está. Nada sale de este ordenador.</translation>
    </message>
    <message>
        <source>&amp;Cells</source>
        <translation>Cé&amp;lulas</translation>
    </message>
    <message>
        <source>&amp;Adapt</source>
        <translation>&amp;Adaptar</translation>
    </message>
    <message>
        <source>&amp;Save the new model</source>
        <translation>&amp;Guardar el modelo nuevo</translation>
    </message>
    <message>
        <source>&amp;Use it now</source>
        <translation>&amp;Usarlo ahora</translation>
    </message>
    <message>
        <source>Adapt {model} to this lab</source>
        <translation>Adaptar {model} a este laboratorio</translation>
    </message>
    <message>
        <source>No model is loaded. Choose one in the Models menu.</source>
        <translation>No hay ningún modelo cargado. Elija uno en el menú Modelos.</translation>
    </message>
    <message>
        <source>There is no history, so no cell was reviewed.</source>
        <translation>No hay historial, así que no se ha revisado ninguna célula.</translation>
    </message>
    <message>
        <source>Counting…</source>
        <translation>Contando…</translation>
    </message>
    <message>
        <source>{model} was adapted before; the new one starts from {parent} again.</source>
        <translation>{model} ya se adaptó antes; el nuevo parte otra vez de {parent}.</translation>
    </message>
    <message numerus="yes">
        <source>%n older cell(s) of common classes are left out.</source>
        <translation>
            <numerusform>Se omite %n célula más antigua de una clase frecuente.</numerusform>
            <numerusform>Se omiten %n células más antiguas de clases frecuentes.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n reviewed cell(s) to learn from.</source>
        <translation>
            <numerusform>%n célula revisada de la que aprender.</numerusform>
            <numerusform>%n células revisadas de las que aprender.</numerusform>
        </translation>
    </message>
    <message>
        <source>Waiting for other work to end…</source>
        <translation>Esperando a que termine otro trabajo…</translation>
    </message>
    <message>
        <source>Reading the images…</source>
        <translation>Leyendo las imágenes…</translation>
    </message>
    <message>
        <source>Fitting and checking on images left out…</source>
        <translation>Ajustando y comprobando con imágenes apartadas…</translation>
    </message>
    <message>
        <source>Writing the new model…</source>
        <translation>Escribiendo el modelo nuevo…</translation>
    </message>
    <message>
        <source>&amp;Save it all the same</source>
        <translation>&amp;Guardarlo de todos modos</translation>
    </message>
    <message>
        <source>&amp;Keep {model}</source>
        <translation>Co&amp;nservar {model}</translation>
    </message>
    <message>
        <source>Saving…</source>
        <translation>Guardando…</translation>
    </message>
    <message>
        <source>{model} was saved.</source>
        <translation>Se guardó {model}.</translation>
    </message>
    <message>
        <source>To go back, choose the old model in the Models menu; “Remove” there deletes this one.</source>
        <translation>Para volver atrás, elija el modelo anterior en el menú Modelos; allí, «Quitar» elimina este.</translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation>&amp;Cancelar</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>&amp;Cerrar</translation>
    </message>
</context>
<context>
    <name>AdaptTable</name>
    <message>
        <source>Reviewed cells by class</source>
        <translation>Células revisadas por clase</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>Clase</translation>
    </message>
    <message>
        <source>Cells</source>
        <translation>Células</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Imágenes</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Antes</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Después</translation>
    </message>
    <message>
        <source>{name}, too few yet</source>
        <translation>{name}, aún muy pocas</translation>
    </message>
    <message>
        <source>Fewer than {cells} cells of {images} images prove little.</source>
        <translation>Menos de {cells} células de {images} imágenes demuestran poco.</translation>
    </message>
    <message>
        <source>The model does not know this class, so these cells are left out.</source>
        <translation>El modelo no conoce esta clase, así que estas células se omiten.</translation>
    </message>
    <message>
        <source>{name}, new</source>
        <translation>{name}, nueva</translation>
    </message>
    <message>
        <source>All cells</source>
        <translation>Todas las células</translation>
    </message>
    <message>
        <source>Mean of the classes</source>
        <translation>Media de las clases</translation>
    </message>
    <message>
        <source>Answered “uncertain”</source>
        <translation>Respondidas como «incierta»</translation>
    </message>
    <message>
        <source>{share}  ({low} to {high} %)</source>
        <translation>{share}  ({low} a {high} %)</translation>
    </message>
    <message>
        <source>The adapted model is better on this lab&apos;s cells, beyond chance.</source>
        <translation>El modelo adaptado es mejor con las células de este laboratorio, más allá del azar.</translation>
    </message>
    <message>
        <source>The adapted model is likely better; with so few cells the gain may still be chance.</source>
        <translation>El modelo adaptado es probablemente mejor; con tan pocas células, la mejora aún puede deberse al azar.</translation>
    </message>
    <message>
        <source>The adapted model is not better on this lab&apos;s cells: better keep {model}.</source>
        <translation>El modelo adaptado no es mejor con las células de este laboratorio: conviene conservar {model}.</translation>
    </message>
    <message>
        <source>Wrong answers that became right: {mended}; right ones that became wrong: {spoiled}. The mean of the classes changes by {middle} points (95 % interval {low} to {high}).</source>
        <translation>Respuestas erróneas que pasaron a ser correctas: {mended}; correctas que pasaron a ser erróneas: {spoiled}. La media de las clases cambia en {middle} puntos (intervalo del 95 %: de {low} a {high}).</translation>
    </message>
    <message>
        <source>Each cell was answered by a model that never saw its image. Images of one patient or slide cannot be told apart here, so another patient&apos;s may fare worse.</source>
        <translation>Cada célula la respondió un modelo que nunca vio su imagen. Aquí no se pueden distinguir las imágenes de un mismo paciente o frotis, así que con otro paciente el resultado puede ser peor.</translation>
    </message>
    <message>
        <source>The new model cannot show why: its evidence map is left out.</source>
        <translation>El modelo nuevo no puede mostrar el porqué: se omite su mapa de evidencia.</translation>
    </message>
    <message>
        <source>Cells left out, since their images have moved or changed: {cells} ({names})</source>
        <translation>Células omitidas porque sus imágenes se han movido o han cambiado: {cells} ({names})</translation>
    </message>
</context>
<context>
    <name>AnswerPanel</name>
    <message>
        <source>Answer</source>
        <translation>Respuesta</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>Clases</translation>
    </message>
    <message>
        <source>Agree</source>
        <translation>Confirmar</translation>
    </message>
    <message>
        <source>No cell</source>
        <translation>No es célula</translation>
    </message>
    <message>
        <source>This is no white cell: the prediction is rejected</source>
        <translation>Esto no es un glóbulo blanco: se rechaza la predicción</translation>
    </message>
    <message>
        <source>Take back</source>
        <translation>Retirar</translation>
    </message>
    <message>
        <source>Take the review back: the prediction stands again</source>
        <translation>Retirar la revisión: vuelve a valer la predicción</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Nota</translation>
    </message>
    <message>
        <source>No image</source>
        <translation>Sin imagen</translation>
    </message>
    <message>
        <source>Open an image or choose one from the history.</source>
        <translation>Abra una imagen o elija una del historial.</translation>
    </message>
    <message>
        <source>The model {model} is being loaded.</source>
        <translation>Se está cargando el modelo {model}.</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>Cargando…</translation>
    </message>
    <message>
        <source>The model is being loaded.</source>
        <translation>Se está cargando el modelo.</translation>
    </message>
    <message>
        <source>Working…</source>
        <translation>Trabajando…</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>Sin modelo</translation>
    </message>
    <message>
        <source>Code: {code}</source>
        <translation>Código: {code}</translation>
    </message>
    <message>
        <source>Not read</source>
        <translation>No leída</translation>
    </message>
    <message>
        <source>No cell found</source>
        <translation>Ninguna célula hallada</translation>
    </message>
    <message>
        <source>No white cell was found in this image.</source>
        <translation>No se halló ningún glóbulo blanco en esta imagen.</translation>
    </message>
    <message>
        <source>Drag a box around one to add it: hold Shift, or press A first.</source>
        <translation>Arrastre un recuadro alrededor de uno para añadirlo: mantenga pulsada Mayús o pulse antes A.</translation>
    </message>
    <message>
        <source>Cell {number} of {count}</source>
        <translation>Célula {number} de {count}</translation>
    </message>
    <message>
        <source>Note on this cell</source>
        <translation>Nota sobre esta célula</translation>
    </message>
    <message>
        <source>Note on this image</source>
        <translation>Nota sobre esta imagen</translation>
    </message>
    <message>
        <source>{note}: not saved</source>
        <translation>{note}: sin guardar</translation>
    </message>
</context>
<context>
    <name>AnswerPresenter</name>
    <message>
        <source>No model has looked at this image.</source>
        <translation>Ningún modelo ha mirado esta imagen.</translation>
    </message>
    <message>
        <source>Choose or import a model (Ctrl+M).</source>
        <translation>Elija o importe un modelo (Ctrl+M).</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Deshacer</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>&amp;Rehacer</translation>
    </message>
    <message>
        <source>agree</source>
        <translation>confirmar</translation>
    </message>
    <message>
        <source>correct the class</source>
        <translation>corregir la clase</translation>
    </message>
    <message>
        <source>no cell</source>
        <translation>no es célula</translation>
    </message>
    <message>
        <source>take the review back</source>
        <translation>retirar la revisión</translation>
    </message>
    <message>
        <source>note on the cell</source>
        <translation>nota sobre la célula</translation>
    </message>
    <message>
        <source>note on the image</source>
        <translation>nota sobre la imagen</translation>
    </message>
    <message>
        <source>add a cell</source>
        <translation>añadir una célula</translation>
    </message>
    <message>
        <source>remove a cell</source>
        <translation>quitar una célula</translation>
    </message>
    <message>
        <source>delete images</source>
        <translation>eliminar imágenes</translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>The error&apos;s code, for whoever helps you; a click looks it up in the manual</source>
        <translation>El código del error, para quien le ayude; un clic lo busca en el manual</translation>
    </message>
    <message>
        <source>Put this message away</source>
        <translation>Quitar este mensaje</translation>
    </message>
</context>
<context>
    <name>BrowseController</name>
    <message>
        <source>Every image in the list is reviewed.</source>
        <translation>Todas las imágenes de la lista están revisadas.</translation>
    </message>
</context>
<context>
    <name>CellCard</name>
    <message>
        <source>Confidence</source>
        <translation>Confianza</translation>
    </message>
    <message>
        <source>No model has named this cell yet.</source>
        <translation>Ningún modelo ha nombrado aún esta célula.</translation>
    </message>
    <message>
        <source>None chosen</source>
        <translation>Ninguna elegida</translation>
    </message>
    <message numerus="yes">
        <source>%n cells</source>
        <translation>
            <numerusform>%n célula</numerusform>
            <numerusform>%n células</numerusform>
        </translation>
    </message>
    <message>
        <source>Uncertain: {uncertain}. Reviewed: {reviewed} of {count}.</source>
        <translation>Inciertas: {uncertain}. Revisadas: {reviewed} de {count}.</translation>
    </message>
    <message>
        <source>{key}: next one to review</source>
        <translation>{key}: la siguiente por revisar</translation>
    </message>
    <message>
        <source>Uncertain</source>
        <translation>Incierta</translation>
    </message>
    <message>
        <source>✓ Agreed</source>
        <translation>✓ Confirmada</translation>
    </message>
    <message>
        <source>✓ Corrected</source>
        <translation>✓ Corregida</translation>
    </message>
    <message>
        <source>✓ Rejected</source>
        <translation>✓ Rechazada</translation>
    </message>
    <message>
        <source>Model: {model}</source>
        <translation>Modelo: {model}</translation>
    </message>
    <message>
        <source>Model digest {digest}
Provider asked for: {requested}; in use: {active}</source>
        <translation>Huella del modelo {digest}
Proveedor pedido: {requested}; en uso: {active}</translation>
    </message>
</context>
<context>
    <name>CellClass</name>
    <message>
        <source>Eosinophil</source>
        <translation>Eosinófilo</translation>
    </message>
    <message>
        <source>Lymphocyte</source>
        <translation>Linfocito</translation>
    </message>
    <message>
        <source>Monocyte</source>
        <translation>Monocito</translation>
    </message>
    <message>
        <source>Neutrophil</source>
        <translation>Neutrófilo</translation>
    </message>
    <message>
        <source>Basophil</source>
        <translation>Basófilo</translation>
    </message>
    <message>
        <source>Erythroblast</source>
        <translation>Eritroblasto</translation>
    </message>
    <message>
        <source>Immature granulocyte</source>
        <translation>Granulocito inmaduro</translation>
    </message>
    <message>
        <source>Platelet</source>
        <translation>Plaqueta</translation>
    </message>
    <message>
        <source>Red cell</source>
        <translation>Glóbulo rojo</translation>
    </message>
    <message>
        <source>White cell</source>
        <translation>Glóbulo blanco</translation>
    </message>
</context>
<context>
    <name>CellClassPlural</name>
    <message>
        <source>Eosinophils</source>
        <translation>Eosinófilos</translation>
    </message>
    <message>
        <source>Lymphocytes</source>
        <translation>Linfocitos</translation>
    </message>
    <message>
        <source>Monocytes</source>
        <translation>Monocitos</translation>
    </message>
    <message>
        <source>Neutrophils</source>
        <translation>Neutrófilos</translation>
    </message>
    <message>
        <source>Basophils</source>
        <translation>Basófilos</translation>
    </message>
    <message>
        <source>Erythroblasts</source>
        <translation>Eritroblastos</translation>
    </message>
    <message>
        <source>Immature granulocytes</source>
        <translation>Granulocitos inmaduros</translation>
    </message>
    <message>
        <source>Platelets</source>
        <translation>Plaquetas</translation>
    </message>
    <message>
        <source>Red cells</source>
        <translation>Glóbulos rojos</translation>
    </message>
    <message>
        <source>White cells</source>
        <translation>Glóbulos blancos</translation>
    </message>
</context>
<context>
    <name>CellClassShort</name>
    <message>
        <source>Eos</source>
        <translation>Eos</translation>
    </message>
    <message>
        <source>Lym</source>
        <translation>Lin</translation>
    </message>
    <message>
        <source>Mon</source>
        <translation>Mon</translation>
    </message>
    <message>
        <source>Neu</source>
        <translation>Neu</translation>
    </message>
    <message>
        <source>Bas</source>
        <translation>Bas</translation>
    </message>
    <message>
        <source>Ery</source>
        <translation>Eri</translation>
    </message>
    <message>
        <source>IG</source>
        <translation>GI</translation>
    </message>
    <message>
        <source>Plt</source>
        <translation>Plq</translation>
    </message>
    <message>
        <source>RBC</source>
        <translation>GR</translation>
    </message>
    <message>
        <source>WBC</source>
        <translation>GB</translation>
    </message>
</context>
<context>
    <name>CellMarks</name>
    <message>
        <source>✓ No cell</source>
        <translation>✓ No es célula</translation>
    </message>
    <message>
        <source>Not named yet</source>
        <translation>Aún sin nombre</translation>
    </message>
    <message>
        <source>{class_name}? uncertain</source>
        <translation>¿{class_name}? incierta</translation>
    </message>
</context>
<context>
    <name>CellWords</name>
    <message>
        <source>&lt;1 %</source>
        <translation>&lt;1&#xa0;%</translation>
    </message>
    <message>
        <source>{number} %</source>
        <translation>{number}&#xa0;%</translation>
    </message>
    <message>
        <source>{number} s</source>
        <translation>{number}&#xa0;s</translation>
    </message>
    <message>
        <source>{number} ms</source>
        <translation>{number}&#xa0;ms</translation>
    </message>
    <message>
        <source>The model is not sure enough of any class.</source>
        <translation>El modelo no está lo bastante seguro de ninguna clase.</translation>
    </message>
    <message>
        <source>The model has seen nothing like this cell in training.</source>
        <translation>El modelo no ha visto nada parecido a esta célula en su entrenamiento.</translation>
    </message>
    <message>
        <source>not sure enough</source>
        <translation>no lo bastante seguro</translation>
    </message>
    <message>
        <source>nothing like it in training</source>
        <translation>nada parecido en el entrenamiento</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Usted</translation>
    </message>
    <message>
        <source>no cell</source>
        <translation>no es célula</translation>
    </message>
    <message>
        <source>{who}: {said}</source>
        <translation>{who}: {said}</translation>
    </message>
    <message>
        <source>{who}: {said}, as the model said</source>
        <translation>{who}: {said}, igual que el modelo</translation>
    </message>
    <message>
        <source>{who}: {said} (model said {model})</source>
        <translation>{who}: {said} (el modelo dijo {model})</translation>
    </message>
    <message>
        <source>{class_name}?</source>
        <translation>¿{class_name}?</translation>
    </message>
    <message>
        <source>No cell</source>
        <translation>No es célula</translation>
    </message>
    <message>
        <source>Not named</source>
        <translation>Sin nombre</translation>
    </message>
    <message>
        <source>Not named yet</source>
        <translation>Aún sin nombre</translation>
    </message>
    <message>
        <source>reviewed</source>
        <translation>revisada</translation>
    </message>
    <message>
        <source>uncertain</source>
        <translation>incierta</translation>
    </message>
    <message>
        <source>{model} says {class_name}, {percent}</source>
        <translation>{model} dice {class_name}, {percent}</translation>
    </message>
    <message>
        <source>{name}, {width} by {height} pixels. Cells: {count}.</source>
        <translation>{name}, {width} por {height} píxeles. Células: {count}.</translation>
    </message>
    <message>
        <source>Chosen: cell {number} of {count}, {cell}.</source>
        <translation>Elegida: célula {number} de {count}, {cell}.</translation>
    </message>
    <message>
        <source>Cell {number} of {count}, {cell}</source>
        <translation>Célula {number} de {count}, {cell}</translation>
    </message>
</context>
<context>
    <name>ClassRow</name>
    <message>
        <source>key {key}</source>
        <translation>tecla {key}</translation>
    </message>
    <message>
        <source>the label</source>
        <translation>la etiqueta</translation>
    </message>
</context>
<context>
    <name>CloseGuard</name>
    <message>
        <source>The note is being saved…</source>
        <translation>Guardando la nota…</translation>
    </message>
    <message>
        <source>A note could not be saved, so the window stays open.</source>
        <translation>No se pudo guardar una nota; por eso la ventana sigue abierta.</translation>
    </message>
    <message>
        <source>Close it again to leave without the note.</source>
        <translation>Ciérrela otra vez para salir sin la nota.</translation>
    </message>
    <message>
        <source>Show the note</source>
        <translation>Mostrar la nota</translation>
    </message>
</context>
<context>
    <name>CompareDialog</name>
    <message>
        <source>Compare two models</source>
        <translation>Comparar dos modelos</translation>
    </message>
    <message>
        <source>First model</source>
        <translation>Primer modelo</translation>
    </message>
    <message>
        <source>Second model</source>
        <translation>Segundo modelo</translation>
    </message>
    <message>
        <source>The image as the first model names it</source>
        <translation>La imagen según la nombra el primer modelo</translation>
    </message>
    <message>
        <source>The image as the second model names it</source>
        <translation>La imagen según la nombra el segundo modelo</translation>
    </message>
    <message>
        <source>Cells and both answers</source>
        <translation>Células y ambas respuestas</translation>
    </message>
    <message>
        <source>{model}, imported</source>
        <translation>{model}, importado</translation>
    </message>
    <message>
        <source>There is only one model. Import another one from the Models menu to compare them.</source>
        <translation>Solo hay un modelo. Importe otro desde el menú Modelos para compararlos.</translation>
    </message>
    <message>
        <source>Open an image in the window: both models then name its cells here.</source>
        <translation>Abra una imagen en la ventana: ambos modelos nombran entonces aquí sus células.</translation>
    </message>
    <message>
        <source>Cell</source>
        <translation>Célula</translation>
    </message>
    <message>
        <source>Same name</source>
        <translation>Mismo nombre</translation>
    </message>
    <message>
        <source>Whole image</source>
        <translation>Imagen entera</translation>
    </message>
    <message>
        <source>same</source>
        <translation>igual</translation>
    </message>
    <message numerus="yes">
        <source>The same name for {same} of {count} cell(s).</source>
        <translation>
            <numerusform>El mismo nombre en {same} de {count} célula.</numerusform>
            <numerusform>El mismo nombre en {same} de {count} células.</numerusform>
        </translation>
    </message>
    <message>
        <source>{model} lacks that class</source>
        <translation>{model} no tiene esa clase</translation>
    </message>
    <message>
        <source>differs</source>
        <translation>distinto</translation>
    </message>
    <message>
        <source>{answer}, uncertain: {reason}</source>
        <translation>{answer}, incierta: {reason}</translation>
    </message>
    <message>
        <source>No white cell was found in this image.</source>
        <translation>No se halló ningún glóbulo blanco en esta imagen.</translation>
    </message>
    <message>
        <source>One of the models looks at single cells, the other one at the whole image.</source>
        <translation>Uno de los modelos mira células sueltas; el otro, la imagen entera.</translation>
    </message>
    <message>
        <source>This model does not look at this.</source>
        <translation>Este modelo no mira esto.</translation>
    </message>
</context>
<context>
    <name>DropZone</name>
    <message>
        <source>Start</source>
        <translation>Inicio</translation>
    </message>
    <message>
        <source>Drop blood-cell images here</source>
        <translation>Suelte aquí imágenes de células sanguíneas</translation>
    </message>
    <message>
        <source>Files, folders, or a picture from another program. Paste works too, with Ctrl+V.</source>
        <translation>Archivos, carpetas o una imagen de otro programa. También se puede pegar con Ctrl+V.</translation>
    </message>
    <message>
        <source>Open files…</source>
        <translation>Abrir archivos…</translation>
    </message>
    <message>
        <source>Open folder…</source>
        <translation>Abrir carpeta…</translation>
    </message>
    <message>
        <source>Try the samples</source>
        <translation>Probar los ejemplos</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>Recientes</translation>
    </message>
    <message>
        <source>Everything stays on this computer. hematodesk names cells; it makes no diagnosis.</source>
        <translation>Todo se queda en este ordenador. hematodesk nombra células; no hace diagnósticos.</translation>
    </message>
    <message>
        <source>Key {key}</source>
        <translation>Tecla {key}</translation>
    </message>
    <message>
        <source>Let go to open</source>
        <translation>Suelte para abrir</translation>
    </message>
</context>
<context>
    <name>ErrorReport</name>
    <message>
        <source>Something unexpected happened</source>
        <translation>Ha ocurrido algo inesperado</translation>
    </message>
    <message>
        <source>hematodesk met an error of its own and goes on; what was saved is safe. The report below holds no image, name or path. Copy it to whoever looks after the program.</source>
        <translation>hematodesk encontró un error propio y sigue funcionando; lo guardado está a salvo. El informe de abajo no contiene imágenes, nombres ni rutas. Cópielo para quien se ocupe del programa.</translation>
    </message>
    <message>
        <source>Error report</source>
        <translation>Informe de error</translation>
    </message>
    <message>
        <source>&amp;Copy the report</source>
        <translation>&amp;Copiar el informe</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Copiado</translation>
    </message>
</context>
<context>
    <name>Errors</name>
    <message>
        <source>“{name}” is empty.</source>
        <translation>«{name}» está vacío.</translation>
    </message>
    <message>
        <source>Copy or export it again.</source>
        <translation>Cópielo o expórtelo otra vez.</translation>
    </message>
    <message>
        <source>“{name}” has {size} MB; at most {most} MB are read.</source>
        <translation>«{name}» tiene {size} MB; se leen como máximo {most} MB.</translation>
    </message>
    <message>
        <source>Export the field of view instead of the whole slide.</source>
        <translation>Exporte el campo visual en lugar del portaobjetos entero.</translation>
    </message>
    <message>
        <source>“{name}” is a folder that cannot be listed.</source>
        <translation>«{name}» es una carpeta cuyo contenido no se puede ver.</translation>
    </message>
    <message>
        <source>Check the access rights and the drive.</source>
        <translation>Compruebe los permisos de acceso y la unidad.</translation>
    </message>
    <message>
        <source>“{name}” is not a file.</source>
        <translation>«{name}» no es un archivo.</translation>
    </message>
    <message>
        <source>Choose a picture file.</source>
        <translation>Elija un archivo de imagen.</translation>
    </message>
    <message>
        <source>“{name}” is not there.</source>
        <translation>«{name}» no está ahí.</translation>
    </message>
    <message>
        <source>Check whether it was moved or renamed.</source>
        <translation>Compruebe si se movió o se le cambió el nombre.</translation>
    </message>
    <message>
        <source>its name is not valid here</source>
        <translation>su nombre no es válido aquí</translation>
    </message>
    <message>
        <source>“{name}” cannot be read: {reason}.</source>
        <translation>«{name}» no se puede leer: {reason}.</translation>
    </message>
    <message>
        <source>“{name}” is a damaged {label} file: part of its pixels is missing or cannot be decoded.</source>
        <translation>«{name}» es un archivo {label} dañado: falta parte de sus píxeles o no se puede descodificar.</translation>
    </message>
    <message>
        <source>Copy or export it again from its source.</source>
        <translation>Cópielo o expórtelo otra vez desde su origen.</translation>
    </message>
    <message>
        <source>“{name}” was not decoded within {seconds} seconds, and its decoder was stopped.</source>
        <translation>«{name}» no se descodificó en {seconds} segundos, y se detuvo su descodificador.</translation>
    </message>
    <message>
        <source>“{name}” makes its decoder fail, each time that it is tried.</source>
        <translation>«{name}» hace fallar a su descodificador cada vez que se intenta.</translation>
    </message>
    <message>
        <source>It is damaged, or made to do harm. Export it again from its source.</source>
        <translation>Está dañado o hecho para causar daño. Expórtelo otra vez desde su origen.</translation>
    </message>
    <message>
        <source>The process that decodes images cannot be started.</source>
        <translation>No se puede iniciar el proceso que descodifica las imágenes.</translation>
    </message>
    <message>
        <source>Start the program again; `hematodesk self-test` says more. A security program may forbid it.</source>
        <translation>Inicie de nuevo el programa; `hematodesk self-test` dice más. Puede que lo impida un programa de seguridad.</translation>
    </message>
    <message>
        <source>“{name}” is an incomplete {label} file: {reason}.</source>
        <translation>«{name}» es un archivo {label} incompleto: {reason}.</translation>
    </message>
    <message>
        <source>Copy or export it again; a copy may have been interrupted.</source>
        <translation>Cópielo o expórtelo otra vez; quizá se interrumpió una copia.</translation>
    </message>
    <message>
        <source>“{name}” is a damaged {label} file: {reason}.</source>
        <translation>«{name}» es un archivo {label} dañado: {reason}.</translation>
    </message>
    <message>
        <source>Export it again from its source.</source>
        <translation>Expórtelo otra vez desde su origen.</translation>
    </message>
    <message>
        <source>“{name}” is {what}, which is not read here.</source>
        <translation>«{name}» es {what}, que aquí no se lee.</translation>
    </message>
    <message>
        <source>“{name}” is not an image, whatever its name says.</source>
        <translation>«{name}» no es una imagen, diga lo que diga su nombre.</translation>
    </message>
    <message>
        <source>“{name}” is a TIFF file that {what}; such files are not read here.</source>
        <translation>“{name}” es un archivo TIFF que {what}; aquí no se leen archivos así.</translation>
    </message>
    <message>
        <source>“{name}” has no page {page}; its pages are 1 to {pages}.</source>
        <translation>“{name}” no tiene página {page}; sus páginas van de la 1 a la {pages}.</translation>
    </message>
    <message>
        <source>Choose one of them, or leave the page out.</source>
        <translation>Elija una de ellas u omita la página.</translation>
    </message>
    <message>
        <source>“{name}” needs more memory than there is.</source>
        <translation>«{name}» necesita más memoria de la que hay.</translation>
    </message>
    <message>
        <source>Close other programs, or export the field of view at a lower resolution.</source>
        <translation>Cierre otros programas o exporte el campo visual con menos resolución.</translation>
    </message>
    <message>
        <source>“{name}” has {width} × {height} pixels; a cell needs at least {least}.</source>
        <translation>«{name}» tiene {width} × {height} píxeles; una célula necesita al menos {least}.</translation>
    </message>
    <message>
        <source>Open the original picture instead of an icon of it.</source>
        <translation>Abra la imagen original en lugar de un icono de ella.</translation>
    </message>
    <message>
        <source>“{name}” has {width} × {height} pixels; at most {side} a side and {millions} million in all are read.</source>
        <translation>«{name}» tiene {width} × {height} píxeles; se leen como máximo {side} por lado y {millions} millones en total.</translation>
    </message>
    <message>
        <source>Export the field of view at a lower resolution.</source>
        <translation>Exporte el campo visual con menos resolución.</translation>
    </message>
    <message>
        <source>Save the picture as {formats} or {last} and open that.</source>
        <translation>Guarde la imagen como {formats} o {last} y abra ese archivo.</translation>
    </message>
    <message>
        <source>“{name}” is a {label} file that cannot be decoded: it is damaged or of a rare kind.</source>
        <translation>«{name}» es un archivo {label} que no se puede descodificar: está dañado o es de un tipo poco común.</translation>
    </message>
    <message>
        <source>Export it again as plain 8-bit PNG or JPEG.</source>
        <translation>Expórtelo otra vez como PNG o JPEG corriente de 8 bits.</translation>
    </message>
    <message>
        <source>“{name}” stores its pixels as {kind}; 8 and 16 bits a channel are read.</source>
        <translation>«{name}» guarda sus píxeles como {kind}; se leen 8 y 16 bits por canal.</translation>
    </message>
    <message>
        <source>Export it as 8-bit or 16-bit.</source>
        <translation>Expórtelo con 8 o 16 bits.</translation>
    </message>
    <message>
        <source>{name} came without a file and was not kept.</source>
        <translation>{name} llegó sin archivo y no se guardó.</translation>
    </message>
    <message>
        <source>Its results and its thumbnail are in the history.</source>
        <translation>Sus resultados y su miniatura están en el historial.</translation>
    </message>
    <message>
        <source>{name} has changed since it was analysed.</source>
        <translation>{name} ha cambiado desde que se analizó.</translation>
    </message>
    <message>
        <source>Open the file anew to analyse it as it is now.</source>
        <translation>Abra el archivo de nuevo para analizarlo como está ahora.</translation>
    </message>
    <message>
        <source>The picture {name} cannot be kept in the data folder: {reason}.</source>
        <translation>La imagen {name} no se puede guardar en la carpeta de datos: {reason}.</translation>
    </message>
    <message>
        <source>Free some space; until then the picture can be looked at, but not opened again later.</source>
        <translation>Libere espacio; mientras tanto se puede mirar la imagen, pero no volver a abrirla más tarde.</translation>
    </message>
    <message>
        <source>{name} does not answer.</source>
        <translation>{name} no responde.</translation>
    </message>
    <message>
        <source>Check that it is plugged in and switched on, that no other program uses it, and that the system lets programs use cameras.</source>
        <translation>Compruebe que está enchufada y encendida, que ningún otro programa la usa y que el sistema permite a los programas usar cámaras.</translation>
    </message>
    <message>
        <source>“{name}” is no video that can be read here.</source>
        <translation>«{name}» no es un vídeo que se pueda leer aquí.</translation>
    </message>
    <message>
        <source>AVI files with Motion JPEG are read everywhere; have the recording program save one.</source>
        <translation>Los archivos AVI con Motion JPEG se leen en todas partes; haga que el programa de grabación guarde uno.</translation>
    </message>
    <message>
        <source>Check its place.</source>
        <translation>Compruebe dónde está.</translation>
    </message>
    <message>
        <source>{name} gives pictures of {width} × {height} pixels: too large.</source>
        <translation>{name} da imágenes de {width} × {height} píxeles: demasiado grandes.</translation>
    </message>
    <message>
        <source>Choose a smaller picture in the camera&apos;s own program.</source>
        <translation>Elija una imagen más pequeña en el programa de la cámara.</translation>
    </message>
    <message>
        <source>{name} gives no pictures any more.</source>
        <translation>{name} ya no da imágenes.</translation>
    </message>
    <message>
        <source>Check its cable, and whether another program uses it; then start it again.</source>
        <translation>Compruebe su cable y si la usa otro programa; después, iníciela otra vez.</translation>
    </message>
    <message>
        <source>The pictures of “{name}” are damaged.</source>
        <translation>Las imágenes de «{name}» están dañadas.</translation>
    </message>
    <message>
        <source>Copy it again from its source.</source>
        <translation>Cópielo otra vez desde su origen.</translation>
    </message>
    <message>
        <source>The video file “{name}” cannot be read: {reason}.</source>
        <translation>El archivo de vídeo «{name}» no se puede leer: {reason}.</translation>
    </message>
    <message>
        <source>There is no model to name cells with.</source>
        <translation>No hay ningún modelo con el que nombrar las células.</translation>
    </message>
    <message>
        <source>Import a model package from the Models menu.</source>
        <translation>Importe un paquete de modelo desde el menú Modelos.</translation>
    </message>
    <message>
        <source>scores of shape {shape} for {crops}</source>
        <translation>puntuaciones de la forma {shape} para {crops}</translation>
    </message>
    <message>
        <source>The model {name} gave {what}.</source>
        <translation>El modelo {name} dio {what}.</translation>
    </message>
    <message>
        <source>Correct outputs.kind in its manifest, or choose another model.</source>
        <translation>Corrija outputs.kind en su manifiesto o elija otro modelo.</translation>
    </message>
    <message>
        <source>1 value of familiarity</source>
        <translation>1 valor de familiaridad</translation>
    </message>
    <message>
        <source>{count} values of familiarity</source>
        <translation>{count} valores de familiaridad</translation>
    </message>
    <message>
        <source>{values} for {crops}</source>
        <translation>{values} para {crops}</translation>
    </message>
    <message>
        <source>1 crop</source>
        <translation>1 recorte</translation>
    </message>
    <message>
        <source>{count} crops</source>
        <translation>{count} recortes</translation>
    </message>
    <message>
        <source>The model {name} failed in a run ({kind}).</source>
        <translation>El modelo {name} falló en una ejecución ({kind}).</translation>
    </message>
    <message>
        <source>Choose the CPU as provider, or another model.</source>
        <translation>Elija la CPU como proveedor, u otro modelo.</translation>
    </message>
    <message>
        <source>has the inputs {names}, not {name} alone</source>
        <translation>tiene las entradas {names}, no {name} sola</translation>
    </message>
    <message>
        <source>takes {type} as input {name}, not tensor(float)</source>
        <translation>toma {type} como entrada {name}, no tensor(float)</translation>
    </message>
    <message>
        <source>takes the input shape ({given}), not ({needed})</source>
        <translation>toma entradas de la forma ({given}), no ({needed})</translation>
    </message>
    <message>
        <source>has no output {name}</source>
        <translation>no tiene la salida {name}</translation>
    </message>
    <message>
        <source>gives output {name} as {types}, not as floating-point numbers</source>
        <translation>da la salida {name} como {types}, no como números de coma flotante</translation>
    </message>
    <message>
        <source>gives output {scores} in shape {shape}, not (1, {classes}), one a class</source>
        <translation>da la salida {scores} con la forma {shape}, no (1, {classes}), una por clase</translation>
    </message>
    <message>
        <source>gives output {activation_map} in shape {shape}, not (1, h, w, {classes})</source>
        <translation>da la salida {activation_map} con la forma {shape}, no (1, h, w, {classes})</translation>
    </message>
    <message>
        <source>gives output {embedding} in shape {shape}, not (1, D)</source>
        <translation>da la salida {embedding} con la forma {shape}, no (1, D)</translation>
    </message>
    <message>
        <source>gives output {output} in shape {shape}, not (1,)</source>
        <translation>da la salida {output} con la forma {shape}, no (1,)</translation>
    </message>
    <message>
        <source>gives output {name} with values that are no finite numbers</source>
        <translation>da la salida {name} con valores que no son números finitos</translation>
    </message>
    <message>
        <source>{name} {reason}.</source>
        <translation>{name} {reason}.</translation>
    </message>
    <message>
        <source>Correct the manifest or the model, and convert it again.</source>
        <translation>Corrija el manifiesto o el modelo, y conviértalo otra vez.</translation>
    </message>
    <message>
        <source>ONNX Runtime loads {name} but cannot run it ({kind}).</source>
        <translation>ONNX Runtime carga {name}, pero no puede ejecutarlo ({kind}).</translation>
    </message>
    <message>
        <source>Convert the model again with `python -m export_tools convert`.</source>
        <translation>Convierta otra vez el modelo con `python -m export_tools convert`.</translation>
    </message>
    <message>
        <source>The list of model digests, {name}, {reason}.</source>
        <translation>La lista de huellas de los modelos, {name}, {reason}.</translation>
    </message>
    <message>
        <source>Install the program again.</source>
        <translation>Instale el programa de nuevo.</translation>
    </message>
    <message>
        <source>(whole document)</source>
        <translation>(documento entero)</translation>
    </message>
    <message>
        <source>The manifest&apos;s field {field} {reason}.</source>
        <translation>El campo {field} del manifiesto {reason}.</translation>
    </message>
    <message>
        <source>Ask whoever made the package for a corrected one.</source>
        <translation>Pida uno corregido a quien hizo el paquete.</translation>
    </message>
    <message>
        <source>must be an object, not {value}</source>
        <translation>debe ser un objeto, no {value}</translation>
    </message>
    <message>
        <source>must be a list, not {value}</source>
        <translation>debe ser una lista, no {value}</translation>
    </message>
    <message>
        <source>must have {lowest} to {highest} entries, not {count}</source>
        <translation>debe tener de {lowest} a {highest} entradas, no {count}</translation>
    </message>
    <message>
        <source>must be one of {choices}, not {value}</source>
        <translation>debe ser uno de {choices}, no {value}</translation>
    </message>
    <message>
        <source>must be a whole number from {lowest} to {highest}, not {value}</source>
        <translation>debe ser un número entero de {lowest} a {highest}, no {value}</translation>
    </message>
    <message>
        <source>is not known in this schema</source>
        <translation>no se conoce en este esquema</translation>
    </message>
    <message>
        <source>must be a number from {lowest} to {highest}, not {value}</source>
        <translation>debe ser un número de {lowest} a {highest}, no {value}</translation>
    </message>
    <message>
        <source>must be text, not {value}</source>
        <translation>debe ser texto, no {value}</translation>
    </message>
    <message>
        <source>must have at most {longest} characters, not {count}</source>
        <translation>debe tener como máximo {longest} caracteres, no {count}</translation>
    </message>
    <message>
        <source>must not be empty</source>
        <translation>no debe estar vacío</translation>
    </message>
    <message>
        <source>must not hold control characters</source>
        <translation>no debe contener caracteres de control</translation>
    </message>
    <message>
        <source>must not hold characters that change the direction of writing</source>
        <translation>no debe contener caracteres que cambien la dirección de la escritura</translation>
    </message>
    <message>
        <source>must not hold half a surrogate pair</source>
        <translation>no debe contener medio par sustituto</translation>
    </message>
    <message>
        <source>must match {pattern}, not {value}</source>
        <translation>debe corresponder a {pattern}, no {value}</translation>
    </message>
    <message>
        <source>stands twice in one object</source>
        <translation>aparece dos veces en un objeto</translation>
    </message>
    <message>
        <source>holds {name}, which is no JSON number</source>
        <translation>contiene {name}, que no es un número de JSON</translation>
    </message>
    <message>
        <source>is no valid JSON: {msg} at character {pos}</source>
        <translation>no es JSON válido: {msg} en el carácter {pos}</translation>
    </message>
    <message>
        <source>is no valid JSON: nested too deep or a number too long</source>
        <translation>no es JSON válido: anidado demasiado hondo o un número demasiado largo</translation>
    </message>
    <message>
        <source>The last layer of {name} is not a linear one on its embedding, so it cannot be fitted anew here.</source>
        <translation>La última capa de {name} no es lineal sobre su representación interna, así que aquí no se puede ajustar de nuevo.</translation>
    </message>
    <message>
        <source>Choose another model, such as one that came with the program.</source>
        <translation>Elija otro modelo, por ejemplo uno de los que vinieron con el programa.</translation>
    </message>
    <message>
        <source>The model {name} gives no embedding, on which a new head could stand.</source>
        <translation>El modelo {name} no da la representación interna sobre la que podría apoyarse una última capa nueva.</translation>
    </message>
    <message>
        <source>Choose another model, or convert it again with `python -m export_tools convert`.</source>
        <translation>Elija otro modelo o conviértalo otra vez con `python -m export_tools convert`.</translation>
    </message>
    <message>
        <source>{name} is larger than the {limit} MB allowed for a model.</source>
        <translation>{name} es mayor que los {limit} MB permitidos para un modelo.</translation>
    </message>
    <message>
        <source>Use a smaller network.</source>
        <translation>Use una red más pequeña.</translation>
    </message>
    <message>
        <source>Make a package of it with Python and the program&apos;s source: `{command}`. A, B, C are its classes in the order of training. No Python here? Do it on another computer and import the package that it writes.</source>
        <translation>Conviértalo en un paquete con Python y el código fuente del programa: `{command}`. A, B, C son sus clases en el orden del entrenamiento. ¿No hay Python aquí? Hágalo en otro equipo e importe el paquete resultante.</translation>
    </message>
    <message>
        <source>Make a package of it with Python and the program&apos;s source: `{command}`. No Python here? Do it on another computer and import the package that it writes.</source>
        <translation>Conviértalo en un paquete con Python y el código fuente del programa: `{command}`. ¿No hay Python aquí? Hágalo en otro equipo e importe el paquete resultante.</translation>
    </message>
    <message>
        <source>Make a package of it with Python and the program&apos;s source: `{command}`. A, B, C are its classes in the order of training; --preprocess must be the training&apos;s own (PyTorch: mostly imagenet-torch). No Python here? Do it on another computer and import the package that it writes.</source>
        <translation>Conviértalo en un paquete con Python y el código fuente del programa: `{command}`. A, B, C son sus clases en el orden del entrenamiento; --preprocess debe ser el mismo del entrenamiento (PyTorch: casi siempre imagenet-torch). ¿No hay Python aquí? Hágalo en otro equipo e importe el paquete resultante.</translation>
    </message>
    <message>
        <source>Where it was trained, write it as ONNX: `{export}`. Then make a package of that, also there: `{command}`. No Python here? Do it on another computer and import the package that it writes.</source>
        <translation>Donde se entrenó, guárdelo como ONNX: `{export}`. Después conviértalo en un paquete, también allí: `{command}`. ¿No hay Python aquí? Hágalo en otro equipo e importe el paquete resultante.</translation>
    </message>
    <message>
        <source>Take it in the form that it was trained in (Teachable Machine: Export Model, Tensorflow, Keras). Then make a package of that with Python and the program&apos;s source: `{command}`. No Python here? Do it on another computer and import the package that it writes.</source>
        <translation>Tómelo en la forma en que se entrenó (Teachable Machine: Exportar modelo, Tensorflow, Keras). Después conviértalo en un paquete con Python y el código fuente del programa: `{command}`. ¿No hay Python aquí? Hágalo en otro equipo e importe el paquete resultante.</translation>
    </message>
    <message>
        <source>Ask for the same model as Keras or ONNX file. Then make a package of that with Python and the program&apos;s source: `{command}`. No Python here? Do it on another computer and import the package that it writes.</source>
        <translation>Pida el mismo modelo como archivo de Keras u ONNX. Después conviértalo en un paquete con Python y el código fuente del programa: `{command}`. ¿No hay Python aquí? Hágalo en otro equipo e importe el paquete resultante.</translation>
    </message>
    <message>
        <source>Such files can hold code that runs when they are opened, so it was not opened. A PyTorch or fastai network: write it as ONNX where it was trained, and make a package of that: `{command}`. Models of scikit-learn take tables and no images.</source>
        <translation>Estos archivos pueden contener código que se ejecuta al abrirlos; por eso no se ha abierto. Una red de PyTorch o fastai: guárdela como ONNX donde se entrenó y conviértala en un paquete: `{command}`. Los modelos de scikit-learn toman tablas y no imágenes.</translation>
    </message>
    <message>
        <source>a MATLAB file</source>
        <translation>un archivo de MATLAB</translation>
    </message>
    <message>
        <source>a Keras model (HDF5)</source>
        <translation>un modelo de Keras (HDF5)</translation>
    </message>
    <message>
        <source>a TensorFlow Lite model</source>
        <translation>un modelo de TensorFlow Lite</translation>
    </message>
    <message>
        <source>the folder of a TensorFlow SavedModel</source>
        <translation>la carpeta de un SavedModel de TensorFlow</translation>
    </message>
    <message>
        <source>{name} is {what}, not a model package.</source>
        <translation>{name} es {what}, no un paquete de modelo.</translation>
    </message>
    <message>
        <source>{name} is a bare ONNX model, not a model package: it does not say its classes or how images are prepared for it.</source>
        <translation>{name} es un modelo ONNX sin más, no un paquete de modelo: no indica sus clases ni cómo se preparan las imágenes.</translation>
    </message>
    <message>
        <source>{name} keeps weights in other files beside it, which packages must not.</source>
        <translation>{name} guarda pesos en otros archivos a su lado, algo que los paquetes no deben hacer.</translation>
    </message>
    <message>
        <source>Unpack it first, then choose the model file that lay inside.</source>
        <translation>Descomprímalo primero y elija el archivo del modelo que contiene.</translation>
    </message>
    <message>
        <source>Choose a model package (.onnx).</source>
        <translation>Elija un paquete de modelo (.onnx).</translation>
    </message>
    <message>
        <source>Download the model file itself again.</source>
        <translation>Descargue de nuevo el archivo del modelo.</translation>
    </message>
    <message>
        <source>a TensorFlow.js model</source>
        <translation>un modelo de TensorFlow.js</translation>
    </message>
    <message>
        <source>a Core ML model</source>
        <translation>un modelo de Core ML</translation>
    </message>
    <message>
        <source>a pickled Python object</source>
        <translation>un objeto de Python serializado (pickle)</translation>
    </message>
    <message>
        <source>a Keras model</source>
        <translation>un modelo de Keras</translation>
    </message>
    <message>
        <source>a Teachable Machine download (Keras)</source>
        <translation>una descarga de Teachable Machine (Keras)</translation>
    </message>
    <message>
        <source>a Teachable Machine download (SavedModel)</source>
        <translation>una descarga de Teachable Machine (SavedModel)</translation>
    </message>
    <message>
        <source>a TensorFlow SavedModel in an archive</source>
        <translation>un SavedModel de TensorFlow en un archivo comprimido</translation>
    </message>
    <message>
        <source>a Teachable Machine download (TensorFlow Lite)</source>
        <translation>una descarga de Teachable Machine (TensorFlow Lite)</translation>
    </message>
    <message>
        <source>a TensorFlow Lite model in an archive</source>
        <translation>un modelo de TensorFlow Lite en un archivo comprimido</translation>
    </message>
    <message>
        <source>a TensorFlow.js model in an archive</source>
        <translation>un modelo de TensorFlow.js en un archivo comprimido</translation>
    </message>
    <message>
        <source>a Teachable Machine download (TensorFlow.js)</source>
        <translation>una descarga de Teachable Machine (TensorFlow.js)</translation>
    </message>
    <message>
        <source>a PyTorch model</source>
        <translation>un modelo de PyTorch</translation>
    </message>
    <message>
        <source>a TorchServe archive</source>
        <translation>un archivo de TorchServe</translation>
    </message>
    <message>
        <source>a scikit-learn model (skops)</source>
        <translation>un modelo de scikit-learn (skops)</translation>
    </message>
    <message>
        <source>a NumPy archive of arrays</source>
        <translation>un archivo de matrices de NumPy</translation>
    </message>
    <message>
        <source>an archive (ZIP)</source>
        <translation>un archivo comprimido (ZIP)</translation>
    </message>
    <message>
        <source>a PyTorch model (old form)</source>
        <translation>un modelo de PyTorch (forma antigua)</translation>
    </message>
    <message>
        <source>a file of weights (safetensors), without the network that they belong to</source>
        <translation>un archivo de pesos (safetensors), sin la red a la que pertenecen</translation>
    </message>
    <message>
        <source>a packed file (gzip)</source>
        <translation>un archivo comprimido (gzip)</translation>
    </message>
    <message>
        <source>a packed file (bzip2)</source>
        <translation>un archivo comprimido (bzip2)</translation>
    </message>
    <message>
        <source>a packed file (xz)</source>
        <translation>un archivo comprimido (xz)</translation>
    </message>
    <message>
        <source>an archive (7z)</source>
        <translation>un archivo comprimido (7z)</translation>
    </message>
    <message>
        <source>an archive (RAR)</source>
        <translation>un archivo comprimido (RAR)</translation>
    </message>
    <message>
        <source>an archive (tar)</source>
        <translation>un archivo comprimido (tar)</translation>
    </message>
    <message>
        <source>a model in ONNX Runtime&apos;s own form (ORT)</source>
        <translation>un modelo en la forma propia de ONNX Runtime (ORT)</translation>
    </message>
    <message>
        <source>a PyTorch model for ExecuTorch</source>
        <translation>un modelo de PyTorch para ExecuTorch</translation>
    </message>
    <message>
        <source>a language model (GGUF)</source>
        <translation>un modelo de lenguaje (GGUF)</translation>
    </message>
    <message>
        <source>a NumPy array</source>
        <translation>una matriz de NumPy</translation>
    </message>
    <message>
        <source>an image</source>
        <translation>una imagen</translation>
    </message>
    <message>
        <source>the graph of a TensorFlow SavedModel</source>
        <translation>el grafo de un SavedModel de TensorFlow</translation>
    </message>
    <message>
        <source>a frozen TensorFlow graph</source>
        <translation>un grafo congelado de TensorFlow</translation>
    </message>
    <message>
        <source>a note of Git LFS on where the model lies</source>
        <translation>una nota de Git LFS que dice dónde está el modelo</translation>
    </message>
    <message>
        <source>a web page</source>
        <translation>una página web</translation>
    </message>
    <message>
        <source>a model for OpenVINO</source>
        <translation>un modelo para OpenVINO</translation>
    </message>
    <message>
        <source>the description of a Keras model without its weights</source>
        <translation>la descripción de un modelo de Keras sin sus pesos</translation>
    </message>
    <message>
        <source>{name} holds {count} manifests instead of one.</source>
        <translation>{name} contiene {count} manifiestos en lugar de uno.</translation>
    </message>
    <message>
        <source>The manifest of {name} is larger than {limit} MB.</source>
        <translation>El manifiesto de {name} es mayor que {limit} MB.</translation>
    </message>
    <message>
        <source>Make a package of it with `python -m export_tools convert`.</source>
        <translation>Haga un paquete con él mediante `python -m export_tools convert`.</translation>
    </message>
    <message>
        <source>{name} has no input {input}, which its manifest names in input.name.</source>
        <translation>{name} no tiene la entrada {input}, que su manifiesto nombra en input.name.</translation>
    </message>
    <message>
        <source>{name} is not a whole ONNX model: {detail}.</source>
        <translation>{name} no es un modelo ONNX íntegro: {detail}.</translation>
    </message>
    <message>
        <source>Copy the file again from where it came.</source>
        <translation>Copie otra vez el archivo desde su origen.</translation>
    </message>
    <message>
        <source>{name} is not a file.</source>
        <translation>{name} no es un archivo.</translation>
    </message>
    <message>
        <source>Choose an .onnx file.</source>
        <translation>Elija un archivo .onnx.</translation>
    </message>
    <message>
        <source>There is no model file {name}.</source>
        <translation>No hay ningún archivo de modelo {name}.</translation>
    </message>
    <message>
        <source>Choose another file.</source>
        <translation>Elija otro archivo.</translation>
    </message>
    <message>
        <source>its name is not allowed</source>
        <translation>su nombre no está permitido</translation>
    </message>
    <message>
        <source>{name} cannot be read: {reason}.</source>
        <translation>{name} no se puede leer: {reason}.</translation>
    </message>
    <message>
        <source>Check the file&apos;s permissions and its disk.</source>
        <translation>Compruebe los permisos del archivo y su disco.</translation>
    </message>
    <message>
        <source>The manifest of {name} is not UTF-8 text.</source>
        <translation>El manifiesto de {name} no es texto UTF-8.</translation>
    </message>
    <message>
        <source>{name} cannot be used: {words}</source>
        <translation>{name} no se puede usar: {words}</translation>
    </message>
    <message>
        <source>{name} has no output {output}, which its manifest names.</source>
        <translation>{name} no tiene la salida {output}, que nombra su manifiesto.</translation>
    </message>
    <message>
        <source>ONNX Runtime has no CPU provider, so no model can run.</source>
        <translation>ONNX Runtime no tiene proveedor de CPU, así que no se puede ejecutar ningún modelo.</translation>
    </message>
    <message>
        <source>{name} was changed after it was chosen.</source>
        <translation>{name} se modificó después de elegirlo.</translation>
    </message>
    <message>
        <source>Choose the model again.</source>
        <translation>Elija el modelo otra vez.</translation>
    </message>
    <message>
        <source>ONNX Runtime cannot load {name} ({kind}).</source>
        <translation>ONNX Runtime no puede cargar {name} ({kind}).</translation>
    </message>
    <message>
        <source>Convert the model again with `python -m export_tools convert`, for this version of the program.</source>
        <translation>Convierta otra vez el modelo con `python -m export_tools convert`, para esta versión del programa.</translation>
    </message>
    <message>
        <source>The model file {name} {reason}.</source>
        <translation>El archivo de modelo {name} {reason}.</translation>
    </message>
    <message>
        <source>Import it again.</source>
        <translation>Impórtelo otra vez.</translation>
    </message>
    <message>
        <source>The folder of imported models cannot be written: {reason}.</source>
        <translation>No se puede escribir en la carpeta de modelos importados: {reason}.</translation>
    </message>
    <message>
        <source>Check the folder&apos;s permissions and the free space on its disk.</source>
        <translation>Compruebe los permisos de la carpeta y el espacio libre de su disco.</translation>
    </message>
    <message>
        <source>There is no model named {name}.</source>
        <translation>No hay ningún modelo llamado {name}.</translation>
    </message>
    <message>
        <source>Choose one of: {names}.</source>
        <translation>Elija uno de estos: {names}.</translation>
    </message>
    <message>
        <source>Import a model package.</source>
        <translation>Importe un paquete de modelo.</translation>
    </message>
    <message>
        <source>Another model named {name} {version} is here already.</source>
        <translation>Ya hay aquí otro modelo llamado {name} {version}.</translation>
    </message>
    <message>
        <source>Remove that one first, or give the new one another version.</source>
        <translation>Quite antes ese o dé otra versión al nuevo.</translation>
    </message>
    <message>
        <source>The model {name} came with the program and stays.</source>
        <translation>El modelo {name} vino con el programa y se queda.</translation>
    </message>
    <message>
        <source>Several models are named {name}: {versions}.</source>
        <translation>Varios modelos se llaman {name}: {versions}.</translation>
    </message>
    <message>
        <source>Name one of them, such as {name}@{version}.</source>
        <translation>Nombre uno de ellos, por ejemplo {name}@{version}.</translation>
    </message>
    <message>
        <source>The models folder cannot be listed: {reason}.</source>
        <translation>No se puede ver el contenido de la carpeta de modelos: {reason}.</translation>
    </message>
    <message>
        <source>Check the folder&apos;s permissions.</source>
        <translation>Compruebe los permisos de la carpeta.</translation>
    </message>
    <message>
        <source>The shipped model {name} is missing.</source>
        <translation>Falta el modelo {name}, que venía con el programa.</translation>
    </message>
    <message>
        <source>The model {name} ended {count} times in a row and is not used further.</source>
        <translation>El modelo {name} se interrumpió {count} veces seguidas y ya no se usa.</translation>
    </message>
    <message>
        <source>Choose another model.</source>
        <translation>Elija otro modelo.</translation>
    </message>
    <message>
        <source>values in output {name} that are no finite numbers</source>
        <translation>valores en la salida {name} que no son números finitos</translation>
    </message>
    <message>
        <source>output {name} in shape {shape}</source>
        <translation>la salida {name} con la forma {shape}</translation>
    </message>
    <message>
        <source>Go on with another model; this one may be made to do harm.</source>
        <translation>Continúe con otro modelo; este puede estar hecho para causar daño.</translation>
    </message>
    <message>
        <source>The model {name} took longer than {seconds} seconds and was ended.</source>
        <translation>El modelo {name} tardó más de {seconds} segundos y se detuvo.</translation>
    </message>
    <message>
        <source>The model {name} ended the process in which it computes.</source>
        <translation>El modelo {name} interrumpió el proceso en el que calcula.</translation>
    </message>
    <message>
        <source>CUDA is for models that came with the program; this one computes confined.</source>
        <translation>CUDA es para los modelos que venían con el programa; este calcula aislado.</translation>
    </message>
    <message>
        <source>The model {name} {reason}; it is not loaded here.</source>
        <translation>El modelo {name} {reason}; aquí no se carga.</translation>
    </message>
    <message>
        <source>It is damaged, too large for this computer, or made to do harm. Ask whoever made it.</source>
        <translation>Está dañado, es demasiado grande para este ordenador o está hecho para causar daño. Pregunte a quien lo hizo.</translation>
    </message>
    <message>
        <source>{name} cannot be tried: no process can be started for it.</source>
        <translation>{name} no se puede probar: no se puede iniciar ningún proceso para ello.</translation>
    </message>
    <message>
        <source>Start the program again. A security program may forbid it.</source>
        <translation>Inicie de nuevo el programa. Puede que lo impida un programa de seguridad.</translation>
    </message>
    <message>
        <source>{name} {version} was adapted from a model that is not here any more.</source>
        <translation>{name} {version} se adaptó a partir de un modelo que ya no está aquí.</translation>
    </message>
    <message>
        <source>Choose the model that it came from, or another one, and adapt that.</source>
        <translation>Elija el modelo del que procede, u otro, y adapte ese.</translation>
    </message>
    <message>
        <source>There are too few reviewed cells: at least {cells} cells of {images} images are needed in {classes} classes; there are {there}.</source>
        <translation>Hay muy pocas células revisadas: se necesitan al menos {cells} células de {images} imágenes en {classes} clases; hay {there}.</translation>
    </message>
    <message>
        <source>There are too few reviewed cells: at least {cells} cells of {images} images are needed in {classes} classes; there are {there}. {words}</source>
        <translation>Hay muy pocas células revisadas: se necesitan al menos {cells} células de {images} imágenes en {classes} clases; hay {there}. {words}</translation>
    </message>
    <message>
        <source>Review more cells, those that the model named rightly too, then try again.</source>
        <translation>Revise más células, también las que el modelo nombró bien, y vuelva a intentarlo.</translation>
    </message>
    <message>
        <source>This ONNX Runtime was built without CUDA.</source>
        <translation>Este ONNX Runtime se construyó sin CUDA.</translation>
    </message>
    <message>
        <source>CUDA could not load the model ({kind}).</source>
        <translation>CUDA no pudo cargar el modelo ({kind}).</translation>
    </message>
    <message>
        <source>CUDA was asked for, but ONNX Runtime chose another provider.</source>
        <translation>Se pidió CUDA, pero ONNX Runtime eligió otro proveedor.</translation>
    </message>
    <message>
        <source>CUDA failed in a trial run ({kind}).</source>
        <translation>CUDA falló en una ejecución de prueba ({kind}).</translation>
    </message>
    <message>
        <source>CUDA gave output {name} in another shape than the CPU.</source>
        <translation>CUDA dio la salida {name} con otra forma que la CPU.</translation>
    </message>
    <message>
        <source>CUDA&apos;s answers differ from the CPU&apos;s by {number}, more than {most}.</source>
        <translation>Las respuestas de CUDA se apartan de las de la CPU en {number}, más de {most}.</translation>
    </message>
    <message>
        <source>Reviews of single cells, while this model looks at whole images: {count}.</source>
        <translation>Revisiones de células sueltas, mientras que este modelo mira imágenes enteras: {count}.</translation>
    </message>
    <message>
        <source>Reviews of whole images, while this model looks at single cells: {count}.</source>
        <translation>Revisiones de imágenes enteras, mientras que este modelo mira células sueltas: {count}.</translation>
    </message>
    <message>
        <source>Rejected as no cell: {count}.</source>
        <translation>Rechazadas por no ser célula: {count}.</translation>
    </message>
    <message>
        <source>{name} was written, but it does not read back as a whole history.</source>
        <translation>{name} se escribió, pero al leerlo no resulta un historial íntegro.</translation>
    </message>
    <message>
        <source>Check the history (`hematodesk history check`), and try another disk.</source>
        <translation>Compruebe el historial (`hematodesk history check`) y pruebe con otro disco.</translation>
    </message>
    <message>
        <source>There is no room for a backup of the history: {free} MB are free, {needed} MB are needed.</source>
        <translation>No hay sitio para una copia de seguridad del historial: hay {free} MB libres y se necesitan {needed} MB.</translation>
    </message>
    <message>
        <source>Free some space on the disk, or back the history up to another one.</source>
        <translation>Libere espacio en el disco o haga la copia en otro.</translation>
    </message>
    <message>
        <source>{name} was written by a newer version of the program (its format is {found}, this version knows {known}).</source>
        <translation>{name} lo escribió una versión más nueva del programa (su formato es {found}, esta versión conoce {known}).</translation>
    </message>
    <message>
        <source>Use the newer version of the program; the file was not changed.</source>
        <translation>Use la versión más nueva del programa; el archivo no se modificó.</translation>
    </message>
    <message>
        <source>{name} is damaged: {detail}.</source>
        <translation>{name} está dañado: {detail}.</translation>
    </message>
    <message>
        <source>Repair it (`hematodesk history repair`) or restore a backup; the file as it is will be kept.</source>
        <translation>Repárelo (`hematodesk history repair`) o restaure una copia de seguridad; el archivo tal como está se conservará.</translation>
    </message>
    <message>
        <source>{name} was changed by another program: {detail}.</source>
        <translation>Otro programa ha cambiado {name}: {detail}.</translation>
    </message>
    <message>
        <source>Repair it without what does not belong to it (`hematodesk history repair`) or restore a backup; the file as it is will be kept.</source>
        <translation>Repárelo sin lo que no le pertenece (`hematodesk history repair`) o restaure una copia de seguridad; el archivo se conservará tal como está.</translation>
    </message>
    <message>
        <source>its pages refer to each other without an end</source>
        <translation>sus páginas remiten unas a otras sin fin</translation>
    </message>
    <message>
        <source>{name} is a database of another program, not a history.</source>
        <translation>{name} es una base de datos de otro programa, no un historial.</translation>
    </message>
    <message>
        <source>Choose another data folder, or move that file away.</source>
        <translation>Elija otra carpeta de datos o mueva ese archivo a otro sitio.</translation>
    </message>
    <message>
        <source>{name} cannot be written: {reason}.</source>
        <translation>No se puede escribir {name}: {reason}.</translation>
    </message>
    <message>
        <source>Check the rights of the data folder and its disk, or choose another data folder.</source>
        <translation>Compruebe los permisos de la carpeta de datos y su disco, o elija otra carpeta de datos.</translation>
    </message>
    <message>
        <source>{name} is in use by another program that does not let go.</source>
        <translation>{name} está en uso por otro programa que no lo suelta.</translation>
    </message>
    <message>
        <source>Close other windows of the program, then try again.</source>
        <translation>Cierre las demás ventanas del programa y vuelva a intentarlo.</translation>
    </message>
    <message>
        <source>{name} has no {what} with the number {number} (any more).</source>
        <translation>En {name} no hay (o ya no hay) {what} con el número {number}.</translation>
    </message>
    <message>
        <source>Load the list again; another window may have deleted it.</source>
        <translation>Cargue la lista de nuevo; puede que otra ventana lo haya eliminado.</translation>
    </message>
    <message>
        <source>{name} was closed already.</source>
        <translation>{name} ya se cerró.</translation>
    </message>
    <message>
        <source>Start the program again.</source>
        <translation>Inicie de nuevo el programa.</translation>
    </message>
    <message>
        <source>a value in it is too long</source>
        <translation>contiene un valor demasiado largo</translation>
    </message>
    <message>
        <source>{name} could not be written: the disk is full.</source>
        <translation>No se pudo escribir {name}: el disco está lleno.</translation>
    </message>
    <message>
        <source>Free some space on the disk; everything saved before is still there.</source>
        <translation>Libere espacio en el disco; todo lo guardado antes sigue ahí.</translation>
    </message>
    <message>
        <source>it is read-only</source>
        <translation>es de solo lectura</translation>
    </message>
    <message>
        <source>The filter&apos;s {field} is not a date or time.</source>
        <translation>El {field} del filtro no es una fecha ni una hora.</translation>
    </message>
    <message>
        <source>Write it as 2026-11-21 or 2026-11-21T08:30:00Z.</source>
        <translation>Escríbalo como 2026-11-21 o 2026-11-21T08:30:00Z.</translation>
    </message>
    <message>
        <source>session</source>
        <translation>sesión</translation>
    </message>
    <message>
        <source>image</source>
        <translation>imagen</translation>
    </message>
    <message>
        <source>cell</source>
        <translation>célula</translation>
    </message>
    <message>
        <source>The note has {count} characters; at most {most} are kept.</source>
        <translation>La nota tiene {count} caracteres; se guardan como máximo {most}.</translation>
    </message>
    <message>
        <source>Shorten the note.</source>
        <translation>Acorte la nota.</translation>
    </message>
    <message>
        <source>{name} is the history itself.</source>
        <translation>{name} es el propio historial.</translation>
    </message>
    <message>
        <source>“{name}” is the model that is adapted and would be overwritten.</source>
        <translation>“{name}” es el modelo que se adapta y se sobrescribiría.</translation>
    </message>
    <message>
        <source>Choose another name or folder.</source>
        <translation>Elija otro nombre u otra carpeta.</translation>
    </message>
    <message>
        <source>{name} is damaged; nothing was changed.</source>
        <translation>{name} está dañado; no se modificó nada.</translation>
    </message>
    <message>
        <source>Choose another backup.</source>
        <translation>Elija otra copia de seguridad.</translation>
    </message>
    <message>
        <source>There is no {name} in {folder}.</source>
        <translation>No hay ningún {name} en {folder}.</translation>
    </message>
    <message>
        <source>Choose a backup.</source>
        <translation>Elija una copia de seguridad.</translation>
    </message>
    <message>
        <source>{why} Nothing was changed.</source>
        <translation>{why} No se ha cambiado nada.</translation>
    </message>
    <message>
        <source>There is no file {name} in {folder}.</source>
        <translation>No hay ningún archivo {name} en {folder}.</translation>
    </message>
    <message>
        <source>{name} cannot be repaired: {detail}</source>
        <translation>{name} no se puede reparar: {detail}</translation>
    </message>
    <message>
        <source>There is no history in {folder} yet.</source>
        <translation>Aún no hay historial en {folder}.</translation>
    </message>
    <message>
        <source>It begins with the first image opened in the window or with `classify --save`.</source>
        <translation>Empieza con la primera imagen que se abra en la ventana o con `classify --save`.</translation>
    </message>
    <message>
        <source>The history is not open.</source>
        <translation>El historial no está abierto.</translation>
    </message>
    <message>
        <source>The data folder {folder} cannot be looked into: {reason}.</source>
        <translation>No se puede mirar en la carpeta de datos {folder}: {reason}.</translation>
    </message>
    <message>
        <source>Check the rights of the data folder, or choose another one with --data-dir.</source>
        <translation>Compruebe los permisos de la carpeta de datos o elija otra con --data-dir.</translation>
    </message>
    <message>
        <source>The data folder {folder} cannot be made: {reason}.</source>
        <translation>No se puede crear la carpeta de datos {folder}: {reason}.</translation>
    </message>
    <message>
        <source>Choose a folder you may write to with --data-dir.</source>
        <translation>Elija con --data-dir una carpeta en la que pueda escribir.</translation>
    </message>
    <message>
        <source>should be an object</source>
        <translation>debería ser un objeto</translation>
    </message>
    <message>
        <source>has {count} entries; at most {highest} are taken</source>
        <translation>tiene {count} entradas; se admiten como máximo {highest}</translation>
    </message>
    <message>
        <source>should be a whole number from {lowest} on</source>
        <translation>debería ser un número entero a partir de {lowest}</translation>
    </message>
    <message>
        <source>{place}: {field} {words}.</source>
        <translation>{place}: {field} {words}.</translation>
    </message>
    <message>
        <source>Export the history again, and import that file as it is.</source>
        <translation>Exporte el historial otra vez e importe ese archivo tal como está.</translation>
    </message>
    <message>
        <source>should be a text</source>
        <translation>debería ser un texto</translation>
    </message>
    <message>
        <source>should be hexadecimal UTF-8</source>
        <translation>debería ser UTF-8 hexadecimal</translation>
    </message>
    <message>
        <source>has {count} characters; at most {longest} are taken</source>
        <translation>tiene {count} caracteres; se admiten como máximo {longest}</translation>
    </message>
    <message>
        <source>should be a list of texts</source>
        <translation>debería ser una lista de textos</translation>
    </message>
    <message>
        <source>should be a time like 2026-11-21T08:30:00.000Z</source>
        <translation>debería ser una fecha y hora como 2026-11-21T08:30:00.000Z</translation>
    </message>
    <message>
        <source>should be a number</source>
        <translation>debería ser un número</translation>
    </message>
    <message>
        <source>is {value}, which it cannot be</source>
        <translation>es {value}, lo que no es posible</translation>
    </message>
    <message>
        <source>should be true or false</source>
        <translation>debería ser verdadero o falso (true o false)</translation>
    </message>
    <message>
        <source>should be one of {choices}</source>
        <translation>debería ser uno de {choices}</translation>
    </message>
    <message>
        <source>should be a list</source>
        <translation>debería ser una lista</translation>
    </message>
    <message>
        <source>“{name}” was changed while it was read.</source>
        <translation>«{name}» se modificó mientras se leía.</translation>
    </message>
    <message>
        <source>Import it again when no other program writes to it.</source>
        <translation>Impórtelo de nuevo cuando ningún otro programa escriba en él.</translation>
    </message>
    <message>
        <source>{id} is there twice</source>
        <translation>{id} aparece dos veces</translation>
    </message>
    <message>
        <source>“{name}” has no “{key}”.</source>
        <translation>A «{name}» le falta «{key}».</translation>
    </message>
    <message>
        <source>“{name}”, line {line}: session {number} is not among the sessions.</source>
        <translation>«{name}», línea {line}: la sesión {number} no está entre las sesiones.</translation>
    </message>
    <message>
        <source>“{name}”, line {line}</source>
        <translation>«{name}», línea {line}</translation>
    </message>
    <message>
        <source>{place}: the file was written by a newer version of the program (its schema is {found}, this version knows {known}).</source>
        <translation>{place}: el archivo lo escribió una versión más nueva del programa (su esquema es {found}, esta versión conoce {known}).</translation>
    </message>
    <message>
        <source>Use the newer version of the program.</source>
        <translation>Use la versión más nueva del programa.</translation>
    </message>
    <message>
        <source>{place}: schema should be {schema}, not {found}.</source>
        <translation>{place}: schema debería ser {schema}, no {found}.</translation>
    </message>
    <message>
        <source>should be a picture in base64</source>
        <translation>debería ser una imagen en base64</translation>
    </message>
    <message>
        <source>should be a JPEG picture</source>
        <translation>debería ser una imagen JPEG</translation>
    </message>
    <message>
        <source>should be given: a review that was taken back is no review</source>
        <translation>debería indicarse: una revisión retirada no es una revisión</translation>
    </message>
    <message>
        <source>should be empty where there is no prediction</source>
        <translation>debería estar vacío donde no hay predicción</translation>
    </message>
    <message>
        <source>should end with the taking back where there is no review</source>
        <translation>debería terminar con la retirada donde no hay revisión</translation>
    </message>
    <message>
        <source>should be four whole numbers: x, y, and a positive width and height</source>
        <translation>debería ser cuatro números enteros: x, y, y una anchura y una altura positivas</translation>
    </message>
    <message>
        <source>should name a class</source>
        <translation>debería nombrar una clase</translation>
    </message>
    <message>
        <source>should be the most probable class, with its probability as confidence</source>
        <translation>debería ser la clase más probable, con su probabilidad como confianza</translation>
    </message>
    <message>
        <source>should be null</source>
        <translation>debería ser nulo (null)</translation>
    </message>
    <message>
        <source>should name one</source>
        <translation>debería nombrar una</translation>
    </message>
    <message>
        <source>{rule}, as the verdict is {verdict}</source>
        <translation>{rule}, pues el veredicto es {verdict}</translation>
    </message>
    <message>
        <source>Check that the file is there, and the rights of its folder.</source>
        <translation>Compruebe que el archivo está ahí y los permisos de su carpeta.</translation>
    </message>
    <message>
        <source>“{name}”, line {line}: this is not the JSON of an export: {words}.</source>
        <translation>«{name}», línea {line}: esto no es el JSON de una exportación: {words}.</translation>
    </message>
    <message>
        <source>{name} is not a number in JSON</source>
        <translation>{name} no es un número en JSON</translation>
    </message>
    <message>
        <source>a number is too long</source>
        <translation>un número es demasiado largo</translation>
    </message>
    <message>
        <source>“{key}” is there twice</source>
        <translation>«{key}» aparece dos veces</translation>
    </message>
    <message>
        <source>the document is not an object</source>
        <translation>el documento no es un objeto</translation>
    </message>
    <message>
        <source>a key is missing</source>
        <translation>falta una clave</translation>
    </message>
    <message>
        <source>“{key}” has no value</source>
        <translation>«{key}» no tiene valor</translation>
    </message>
    <message>
        <source>there is more behind the end</source>
        <translation>hay algo más detrás del final</translation>
    </message>
    <message>
        <source>here should be a list</source>
        <translation>aquí debería haber una lista</translation>
    </message>
    <message>
        <source>it is nested too deeply</source>
        <translation>está anidado demasiado hondo</translation>
    </message>
    <message>
        <source>one entry is too long, or does not end</source>
        <translation>una entrada es demasiado larga o no termina</translation>
    </message>
    <message>
        <source>here should be a comma or “{end}”</source>
        <translation>aquí debería haber una coma o «{end}»</translation>
    </message>
    <message>
        <source>it ends in the middle</source>
        <translation>termina a la mitad</translation>
    </message>
    <message>
        <source>Choose a file that was exported as JSON, and that no other program has changed.</source>
        <translation>Elija un archivo exportado como JSON que ningún otro programa haya modificado.</translation>
    </message>
    <message>
        <source>It is empty.</source>
        <translation>Está vacío.</translation>
    </message>
    <message>
        <source>It cannot be read to its end: {detail}.</source>
        <translation>No se puede leer hasta el final: {detail}.</translation>
    </message>
    <message>
        <source>SQLite&apos;s quick check finds broken pages</source>
        <translation>la comprobación rápida de SQLite encuentra páginas rotas</translation>
    </message>
    <message>
        <source>A row of the table {name} points to nothing in {other}.</source>
        <translation>Una fila de la tabla {name} apunta a algo que no existe en {other}.</translation>
    </message>
    <message>
        <source>Image {number} and the list disagree on whether it is deleted.</source>
        <translation>La imagen {number} y la lista no coinciden en si está eliminada.</translation>
    </message>
    <message>
        <source>The images of session {number}: it counts {count}, the list has {found}.</source>
        <translation>Las imágenes de la sesión {number}: la sesión cuenta {count}, la lista tiene {found}.</translation>
    </message>
    <message>
        <source>The counts of the list&apos;s filters differ from the list.</source>
        <translation>Los recuentos de los filtros de la lista no coinciden con la lista.</translation>
    </message>
    <message>
        <source>The thumbnail of image {number} is no JPEG.</source>
        <translation>La miniatura de la imagen {number} no es un JPEG.</translation>
    </message>
    <message>
        <source>Image {number} differs from its line in the list.</source>
        <translation>La imagen {number} difiere de su línea en la lista.</translation>
    </message>
    <message>
        <source>Image {number} has a value that cannot be understood.</source>
        <translation>La imagen {number} tiene un valor que no se puede entender.</translation>
    </message>
    <message>
        <source>Another window or command is importing into this history.</source>
        <translation>Otra ventana u otra orden está importando en este historial.</translation>
    </message>
    <message>
        <source>Wait until it has ended, then import the file again.</source>
        <translation>Espere a que termine y vuelva a importar el archivo.</translation>
    </message>
    <message>
        <source>Another window or command is going on with this batch already.</source>
        <translation>Otra ventana u otra orden ya está continuando este lote.</translation>
    </message>
    <message>
        <source>Wait for it, or stop it there.</source>
        <translation>Espere a que acabe o deténgalo allí.</translation>
    </message>
    <message>
        <source>“{name}” cannot be written: {reason}.</source>
        <translation>No se puede escribir «{name}»: {reason}.</translation>
    </message>
    <message>
        <source>Close the file in other programs, make room on the disk, or choose another folder.</source>
        <translation>Cierre el archivo en otros programas, haga sitio en el disco o elija otra carpeta.</translation>
    </message>
    <message>
        <source>Export fewer images.</source>
        <translation>Exporte menos imágenes.</translation>
    </message>
    <message>
        <source>The PDF could not be begun.</source>
        <translation>No se pudo empezar el PDF.</translation>
    </message>
    <message>
        <source>Choose another folder.</source>
        <translation>Elija otra carpeta.</translation>
    </message>
    <message>
        <source>The report could not be drawn to its end: there is no room left for temporary files.</source>
        <translation>No se pudo dibujar el informe hasta el final: no queda sitio para archivos temporales.</translation>
    </message>
    <message>
        <source>Make room on the disk, or report fewer images.</source>
        <translation>Haga sitio en el disco o ponga menos imágenes en el informe.</translation>
    </message>
    <message>
        <source>“{name}” is not an empty folder.</source>
        <translation>«{name}» no es una carpeta vacía.</translation>
    </message>
    <message>
        <source>Choose an empty folder, or the name of a new one: nothing of yours is mixed up or replaced.</source>
        <translation>Elija una carpeta vacía o el nombre de una nueva: nada de lo suyo se mezcla ni se reemplaza.</translation>
    </message>
    <message>
        <source>Check the rights of the folder, or choose another.</source>
        <translation>Compruebe los permisos de la carpeta o elija otra.</translation>
    </message>
    <message>
        <source>There is no room left on the disk of “{name}”.</source>
        <translation>No queda sitio en el disco de «{name}».</translation>
    </message>
    <message>
        <source>Make room or choose another disk; what was copied so far was taken away again.</source>
        <translation>Haga sitio o elija otro disco; lo copiado hasta ahora se ha vuelto a quitar.</translation>
    </message>
    <message>
        <source>A PDF cannot be made without Qt.</source>
        <translation>No se puede hacer un PDF sin Qt.</translation>
    </message>
    <message>
        <source>Choose another format.</source>
        <translation>Elija otro formato.</translation>
    </message>
    <message>
        <source>A report of {count} images is too long; at most {most} are laid out.</source>
        <translation>Un informe de {count} imágenes es demasiado largo; se componen como máximo {most}.</translation>
    </message>
    <message>
        <source>Choose a session or a filter, or export a table.</source>
        <translation>Elija una sesión o un filtro, o exporte una tabla.</translation>
    </message>
    <message>
        <source>{count} files.</source>
        <translation>{count} archivos.</translation>
    </message>
    <message>
        <source>{count} files: {counts}.</source>
        <translation>{count} archivos: {counts}.</translation>
    </message>
    <message>
        <source>1 file: {counts}.</source>
        <translation>1 archivo: {counts}.</translation>
    </message>
    <message>
        <source>Left out: {counts}.</source>
        <translation>Omitido: {counts}.</translation>
    </message>
    <message>
        <source>{count} texts are longer than Excel&apos;s {most} characters and were cut; CSV and JSON hold them whole.</source>
        <translation>{count} textos superan los {most} caracteres de Excel y se cortaron; CSV y JSON los conservan enteros.</translation>
    </message>
    <message>
        <source>One text is longer than Excel&apos;s {most} characters and was cut; CSV and JSON hold it whole.</source>
        <translation>Un texto supera los {most} caracteres de Excel y se cortó; CSV y JSON lo conservan entero.</translation>
    </message>
    <message>
        <source>{first} and {second}</source>
        <translation>{first} y {second}</translation>
    </message>
    <message>
        <source>Excel&apos;s sheets end at {most} rows: {sheets} go on in further sheets.</source>
        <translation>Las hojas de Excel terminan en {most} filas: {sheets} continúan en otras hojas.</translation>
    </message>
    <message>
        <source>Only the first {most} cells have a picture; {count} have none.</source>
        <translation>Solo las primeras {most} células tienen imagen; {count} no la tienen.</translation>
    </message>
    <message>
        <source>Only the first {most} cells have a picture; one has none.</source>
        <translation>Solo las primeras {most} células tienen imagen; una no la tiene.</translation>
    </message>
    <message>
        <source>{name} has another size than the history says.</source>
        <translation>{name} tiene otro tamaño que el que dice el historial.</translation>
    </message>
    <message>
        <source>Choose one of the values offered.</source>
        <translation>Elija uno de los valores ofrecidos.</translation>
    </message>
    <message>
        <source>The setting {name} cannot be {value}; it takes {allowed}.</source>
        <translation>El ajuste {name} no puede ser {value}; admite {allowed}.</translation>
    </message>
    <message>
        <source>There is no setting named {name}.</source>
        <translation>No hay ningún ajuste llamado {name}.</translation>
    </message>
    <message>
        <source>“{words}” is set by the administrator of this computer.</source>
        <translation>«{words}» lo ha fijado el administrador de este ordenador.</translation>
    </message>
    <message>
        <source>Ask the administrator to change it.</source>
        <translation>Pida al administrador que lo cambie.</translation>
    </message>
    <message>
        <source>The settings cannot be written to {name}: {reason}.</source>
        <translation>Los ajustes no se pueden escribir en {name}: {reason}.</translation>
    </message>
    <message>
        <source>Free some space or allow writing there; until then settings hold for this run only.</source>
        <translation>Libere espacio o permita escribir ahí; mientras tanto, los ajustes valen solo para esta ejecución.</translation>
    </message>
    <message>
        <source>The settings cannot be read ({reason}); defaults are used.</source>
        <translation>Los ajustes no se pueden leer ({reason}); se usan los predeterminados.</translation>
    </message>
    <message>
        <source>The settings file was damaged; it is kept as {name}, defaults are used.</source>
        <translation>El archivo de ajustes estaba dañado; se conserva como {name} y se usan los predeterminados.</translation>
    </message>
    <message>
        <source>The settings file is damaged; defaults are used.</source>
        <translation>El archivo de ajustes está dañado; se usan los predeterminados.</translation>
    </message>
    <message>
        <source>The administrator&apos;s policy {name} cannot be followed: {reason}.</source>
        <translation>La directiva del administrador {name} no se puede cumplir: {reason}.</translation>
    </message>
    <message>
        <source>Have the administrator mend it; until then the program does not start.</source>
        <translation>Pida al administrador que la corrija; mientras tanto, el programa no se inicia.</translation>
    </message>
    <message>
        <source>The model {name} {version} is not among those allowed on this computer.</source>
        <translation>El modelo {name} {version} no está entre los permitidos en este ordenador.</translation>
    </message>
    <message>
        <source>Reading whole slides</source>
        <translation>La lectura de portaobjetos completos</translation>
    </message>
    <message>
        <source>{what} is not allowed on this computer.</source>
        <translation>{what} no está permitido en este ordenador.</translation>
    </message>
    <message>
        <source>The data folder of this computer is {folder}, and --data-dir asks for another.</source>
        <translation>La carpeta de datos de este ordenador es {folder}, y --data-dir pide otra.</translation>
    </message>
    <message>
        <source>Models compute on “{provider}” on this computer; “{asked}” is not allowed.</source>
        <translation>Los modelos calculan en «{provider}» en este ordenador; «{asked}» no está permitido.</translation>
    </message>
    <message>
        <source>It is set in {name}: ask the administrator.</source>
        <translation>Está fijado en {name}: pregunte al administrador.</translation>
    </message>
    <message>
        <source>The list is set in {name}: ask the administrator.</source>
        <translation>La lista está fijada en {name}: pregunte al administrador.</translation>
    </message>
    <message>
        <source>its structure ends too early</source>
        <translation>su estructura termina demasiado pronto</translation>
    </message>
    <message>
        <source>a marker is missing</source>
        <translation>falta un marcador</translation>
    </message>
    <message>
        <source>it ends before its picture</source>
        <translation>termina antes de su imagen</translation>
    </message>
    <message>
        <source>a JPEG-LS picture</source>
        <translation>una imagen JPEG-LS</translation>
    </message>
    <message>
        <source>a segment has no length</source>
        <translation>un segmento no tiene longitud</translation>
    </message>
    <message>
        <source>a lossless JPEG picture</source>
        <translation>una imagen JPEG sin pérdida</translation>
    </message>
    <message>
        <source>a JPEG picture with more than 8 bits a colour</source>
        <translation>una imagen JPEG con más de 8 bits por color</translation>
    </message>
    <message>
        <source>it has no frame header</source>
        <translation>no tiene cabecera de imagen</translation>
    </message>
    <message>
        <source>its end is missing</source>
        <translation>falta su final</translation>
    </message>
    <message>
        <source>a checksum does not match</source>
        <translation>una suma de comprobación no coincide</translation>
    </message>
    <message>
        <source>it does not begin with its header</source>
        <translation>no empieza con su cabecera</translation>
    </message>
    <message>
        <source>it holds no pixels</source>
        <translation>no contiene píxeles</translation>
    </message>
    <message>
        <source>its header has an unknown size</source>
        <translation>su cabecera tiene un tamaño desconocido</translation>
    </message>
    <message>
        <source>a BMP picture of OS/2 in a compression of its own</source>
        <translation>una imagen BMP de OS/2 con una compresión propia</translation>
    </message>
    <message>
        <source>a BMP picture with a JPEG or PNG inside</source>
        <translation>una imagen BMP con un JPEG o PNG dentro</translation>
    </message>
    <message>
        <source>its header contradicts itself</source>
        <translation>su cabecera se contradice</translation>
    </message>
    <message>
        <source>rows are missing</source>
        <translation>faltan filas</translation>
    </message>
    <message>
        <source>its structure contradicts itself</source>
        <translation>su estructura se contradice</translation>
    </message>
    <message>
        <source>it holds no picture</source>
        <translation>no contiene ninguna imagen</translation>
    </message>
    <message>
        <source>On an iPhone choose Settings, Camera, Formats, Most Compatible; on other phones switch HEIF or HEIC off in the camera&apos;s settings: new photographs are JPEG then. Export this one as JPEG with the photo program of the phone or computer.</source>
        <translation>En un iPhone elija Ajustes, Cámara, Formatos, El más compatible; en otros teléfonos desactive HEIF o HEIC en los ajustes de la cámara: las fotografías nuevas serán JPEG. Exporte esta como JPEG con el programa de fotos del teléfono o del ordenador.</translation>
    </message>
    <message>
        <source>Export it as JPEG or TIFF with the camera&apos;s program, or let the camera save JPEG beside it.</source>
        <translation>Expórtela como JPEG o TIFF con el programa de la cámara, o haga que la cámara guarde también JPEG.</translation>
    </message>
    <message>
        <source>Export the image as TIFF or PNG with the program of the microscope or camera.</source>
        <translation>Exporte la imagen como TIFF o PNG con el programa del microscopio o de la cámara.</translation>
    </message>
    <message>
        <source>Export the image as PNG or JPEG with the program that shows it.</source>
        <translation>Exporte la imagen como PNG o JPEG con el programa que la muestra.</translation>
    </message>
    <message>
        <source>Take the pictures out of it, as JPEG, PNG or TIFF files, and open those.</source>
        <translation>Extraiga las imágenes como archivos JPEG, PNG o TIFF y abra esos.</translation>
    </message>
    <message>
        <source>Save a single picture of it as JPEG or PNG and open that.</source>
        <translation>Guarde una sola imagen de él como JPEG o PNG y ábrala.</translation>
    </message>
    <message>
        <source>a HEIC photograph, as telephones save them</source>
        <translation>una fotografía HEIC, como las guardan los teléfonos</translation>
    </message>
    <message>
        <source>a HEIF photograph, as telephones save them</source>
        <translation>una fotografía HEIF, como las guardan los teléfonos</translation>
    </message>
    <message>
        <source>a camera&apos;s raw photograph ({kind})</source>
        <translation>una fotografía sin procesar de una cámara ({kind})</translation>
    </message>
    <message>
        <source>a PDF document</source>
        <translation>un documento PDF</translation>
    </message>
    <message>
        <source>a PostScript document</source>
        <translation>un documento PostScript</translation>
    </message>
    <message>
        <source>a Photoshop document</source>
        <translation>un documento de Photoshop</translation>
    </message>
    <message>
        <source>a GIMP document</source>
        <translation>un documento de GIMP</translation>
    </message>
    <message>
        <source>a ZIP archive or office document</source>
        <translation>un archivo comprimido ZIP o un documento de ofimática</translation>
    </message>
    <message>
        <source>an old office document or a microscope container file</source>
        <translation>un documento de ofimática antiguo o un archivo contenedor de microscopio</translation>
    </message>
    <message>
        <source>a text document</source>
        <translation>un documento de texto</translation>
    </message>
    <message>
        <source>a gzip archive</source>
        <translation>un archivo comprimido gzip</translation>
    </message>
    <message>
        <source>a RAR archive</source>
        <translation>un archivo comprimido RAR</translation>
    </message>
    <message>
        <source>a 7-Zip archive</source>
        <translation>un archivo comprimido 7-Zip</translation>
    </message>
    <message>
        <source>a JPEG XL picture</source>
        <translation>una imagen JPEG XL</translation>
    </message>
    <message>
        <source>an OpenEXR picture</source>
        <translation>una imagen OpenEXR</translation>
    </message>
    <message>
        <source>a Zeiss CZI file</source>
        <translation>un archivo CZI de Zeiss</translation>
    </message>
    <message>
        <source>a Windows program</source>
        <translation>un programa de Windows</translation>
    </message>
    <message>
        <source>a program</source>
        <translation>un programa</translation>
    </message>
    <message>
        <source>a video file</source>
        <translation>un archivo de vídeo</translation>
    </message>
    <message>
        <source>an XZ archive</source>
        <translation>un archivo comprimido XZ</translation>
    </message>
    <message>
        <source>a bzip2 archive</source>
        <translation>un archivo comprimido bzip2</translation>
    </message>
    <message>
        <source>a TAR archive</source>
        <translation>un archivo TAR</translation>
    </message>
    <message>
        <source>a JPEG XR picture</source>
        <translation>una imagen JPEG XR</translation>
    </message>
    <message>
        <source>a BPG picture</source>
        <translation>una imagen BPG</translation>
    </message>
    <message>
        <source>a QOI picture</source>
        <translation>una imagen QOI</translation>
    </message>
    <message>
        <source>a Radiance HDR picture</source>
        <translation>una imagen Radiance HDR</translation>
    </message>
    <message>
        <source>a DDS picture</source>
        <translation>una imagen DDS</translation>
    </message>
    <message>
        <source>an MNG animation</source>
        <translation>una animación MNG</translation>
    </message>
    <message>
        <source>a JNG picture</source>
        <translation>una imagen JNG</translation>
    </message>
    <message>
        <source>a PCX picture</source>
        <translation>una imagen PCX</translation>
    </message>
    <message>
        <source>a Sun raster picture</source>
        <translation>una imagen Sun Raster</translation>
    </message>
    <message>
        <source>a Windows icon</source>
        <translation>un icono de Windows</translation>
    </message>
    <message>
        <source>a Windows pointer</source>
        <translation>un puntero de Windows</translation>
    </message>
    <message>
        <source>a macOS icon</source>
        <translation>un icono de macOS</translation>
    </message>
    <message>
        <source>a Windows drawing (WMF)</source>
        <translation>un dibujo de Windows (WMF)</translation>
    </message>
    <message>
        <source>a Windows drawing (EMF)</source>
        <translation>un dibujo de Windows (EMF)</translation>
    </message>
    <message>
        <source>a FITS picture</source>
        <translation>una imagen FITS</translation>
    </message>
    <message>
        <source>a Nikon ND2 file</source>
        <translation>un archivo ND2 de Nikon</translation>
    </message>
    <message>
        <source>an HDF5 file, as Imaris and others keep images</source>
        <translation>un archivo HDF5, como los que usan Imaris y otros programas</translation>
    </message>
    <message>
        <source>a NIfTI file</source>
        <translation>un archivo NIfTI</translation>
    </message>
    <message>
        <source>a DICOM file</source>
        <translation>un archivo DICOM</translation>
    </message>
    <message>
        <source>a Mac&apos;s companion file without a picture</source>
        <translation>un archivo auxiliar de Mac sin imagen</translation>
    </message>
    <message>
        <source>a database</source>
        <translation>una base de datos</translation>
    </message>
    <message>
        <source>a Word document</source>
        <translation>un documento de Word</translation>
    </message>
    <message>
        <source>a PowerPoint presentation</source>
        <translation>una presentación de PowerPoint</translation>
    </message>
    <message>
        <source>an Excel workbook</source>
        <translation>un libro de Excel</translation>
    </message>
    <message>
        <source>an OpenDocument file</source>
        <translation>un archivo OpenDocument</translation>
    </message>
    <message>
        <source>a sound file</source>
        <translation>un archivo de sonido</translation>
    </message>
    <message>
        <source>a PNM picture (PPM, PGM, PBM)</source>
        <translation>una imagen PNM (PPM, PGM, PBM)</translation>
    </message>
    <message>
        <source>a Leica LIF file</source>
        <translation>un archivo LIF de Leica</translation>
    </message>
    <message>
        <source>an SVG drawing</source>
        <translation>un dibujo SVG</translation>
    </message>
    <message>
        <source>a collection of OS/2 pictures</source>
        <translation>una colección de imágenes de OS/2</translation>
    </message>
    <message>
        <source>a TGA picture</source>
        <translation>una imagen TGA</translation>
    </message>
    <message>
        <source>scores that are no finite numbers</source>
        <translation>puntuaciones que no son números finitos</translation>
    </message>
    <message>
        <source>values outside 0 to 1, though its manifest says {kind}</source>
        <translation>valores fuera de 0 a 1, aunque su manifiesto dice {kind}</translation>
    </message>
    <message>
        <source>cannot be read: {reason}</source>
        <translation>no se puede leer: {reason}</translation>
    </message>
    <message>
        <source>is too large</source>
        <translation>es demasiado grande</translation>
    </message>
    <message>
        <source>is not text</source>
        <translation>no es texto</translation>
    </message>
    <message>
        <source>is wrong in line {number}</source>
        <translation>es errónea en la línea {number}</translation>
    </message>
    <message>
        <source>names {name} twice</source>
        <translation>nombra {name} dos veces</translation>
    </message>
    <message>
        <source>is not listed in {name}</source>
        <translation>no figura en {name}</translation>
    </message>
    <message>
        <source>has other bytes than when it was shipped</source>
        <translation>tiene otros bytes que cuando se entregó</translation>
    </message>
    <message>
        <source>was changed since its import</source>
        <translation>se modificó después de importarlo</translation>
    </message>
    <message>
        <source>was not loaded and run once within {seconds} seconds</source>
        <translation>no se cargó ni se ejecutó una vez en {seconds} segundos</translation>
    </message>
    <message>
        <source>ended the process in which it was tried</source>
        <translation>terminó el proceso en que se probaba</translation>
    </message>
    <message>
        <source>a text in it is not UTF-8</source>
        <translation>un texto de él no es UTF-8</translation>
    </message>
    <message>
        <source>it is not UTF-8 text</source>
        <translation>no es texto UTF-8</translation>
    </message>
    <message>
        <source>the entry</source>
        <translation>la entrada</translation>
    </message>
    <message>
        <source>is missing</source>
        <translation>falta</translation>
    </message>
    <message>
        <source>Exporting</source>
        <translation>Exportar</translation>
    </message>
    <message>
        <source>The live picture of a camera</source>
        <translation>La imagen en vivo de una cámara</translation>
    </message>
    <message>
        <source>Importing and adapting models</source>
        <translation>Importar y adaptar modelos</translation>
    </message>
    <message>
        <source>none</source>
        <translation>ninguna</translation>
    </message>
    <message>
        <source>No space left on device</source>
        <translation>No queda espacio en el dispositivo</translation>
    </message>
    <message>
        <source>Permission denied</source>
        <translation>Permiso denegado</translation>
    </message>
    <message>
        <source>Operation not permitted</source>
        <translation>Operación no permitida</translation>
    </message>
    <message>
        <source>Read-only file system</source>
        <translation>Sistema de archivos de solo lectura</translation>
    </message>
    <message>
        <source>No such file or directory</source>
        <translation>No existe el archivo o la carpeta</translation>
    </message>
    <message>
        <source>Is a directory</source>
        <translation>Es una carpeta</translation>
    </message>
    <message>
        <source>Not a directory</source>
        <translation>No es una carpeta</translation>
    </message>
    <message>
        <source>Input/output error</source>
        <translation>Error de entrada/salida</translation>
    </message>
    <message>
        <source>File name too long</source>
        <translation>Nombre de archivo demasiado largo</translation>
    </message>
    <message>
        <source>{class_id} {cells} of {images} images</source>
        <translation>{class_id}: {cells} de {images} imágenes</translation>
    </message>
    <message>
        <source>{class_id} {cells} of 1 image</source>
        <translation>{class_id}: {cells} de 1 imagen</translation>
    </message>
    <message>
        <source>cell outside its image</source>
        <translation>célula fuera de su imagen</translation>
    </message>
    <message>
        <source>cell that nobody has reviewed</source>
        <translation>célula que nadie ha revisado</translation>
    </message>
    <message>
        <source>cell whose image is gone or has changed</source>
        <translation>célula cuya imagen ya no está o ha cambiado</translation>
    </message>
    <message>
        <source>cell without a class</source>
        <translation>célula sin clase</translation>
    </message>
    <message>
        <source>image that is gone or has changed</source>
        <translation>imagen que ya no está o ha cambiado</translation>
    </message>
    <message>
        <source>image that could not be read</source>
        <translation>imagen que no se pudo leer</translation>
    </message>
    <message>
        <source>image that was analysed again later</source>
        <translation>imagen que se analizó otra vez más tarde</translation>
    </message>
    <message>
        <source>image with cells of several classes (cells can be copied)</source>
        <translation>imagen con células de varias clases (las células se pueden copiar)</translation>
    </message>
    <message>
        <source>cells outside their image</source>
        <translation>células fuera de su imagen</translation>
    </message>
    <message>
        <source>cells that nobody has reviewed</source>
        <translation>células que nadie ha revisado</translation>
    </message>
    <message>
        <source>cells whose image is gone or has changed</source>
        <translation>células cuya imagen ya no está o ha cambiado</translation>
    </message>
    <message>
        <source>cells without a class</source>
        <translation>células sin clase</translation>
    </message>
    <message>
        <source>images that are gone or have changed</source>
        <translation>imágenes que ya no están o han cambiado</translation>
    </message>
    <message>
        <source>images that could not be read</source>
        <translation>imágenes que no se pudieron leer</translation>
    </message>
    <message>
        <source>images that were analysed again later</source>
        <translation>imágenes que se analizaron otra vez más tarde</translation>
    </message>
    <message>
        <source>images with cells of several classes (cells can be copied)</source>
        <translation>imágenes con células de varias clases (las células se pueden copiar)</translation>
    </message>
    <message>
        <source>part of its directory is missing</source>
        <translation>falta parte de su directorio</translation>
    </message>
    <message>
        <source>its directory contradicts itself</source>
        <translation>su directorio se contradice</translation>
    </message>
    <message>
        <source>is compressed as {detail}</source>
        <translation>está comprimido como {detail}</translation>
    </message>
    <message>
        <source>is camera raw: what the sensor saw, not a picture</source>
        <translation>es un archivo RAW de cámara: lo que captó el sensor, no una imagen</translation>
    </message>
    <message>
        <source>holds brightness as logarithms (LogLuv)</source>
        <translation>guarda el brillo como logaritmos (LogLuv)</translation>
    </message>
    <message>
        <source>holds only a mask of transparency</source>
        <translation>solo contiene una máscara de transparencia</translation>
    </message>
    <message>
        <source>holds a volume instead of pictures</source>
        <translation>contiene un volumen en lugar de imágenes</translation>
    </message>
    <message>
        <source>has colours of different depths</source>
        <translation>tiene colores de distinta profundidad</translation>
    </message>
    <message>
        <source>has {detail} bits a colour</source>
        <translation>tiene {detail} bits por color</translation>
    </message>
    <message>
        <source>uses predictor {detail}</source>
        <translation>usa el predictor {detail}</translation>
    </message>
    <message>
        <source>holds numbers that are no brightness</source>
        <translation>contiene números que no son brillo</translation>
    </message>
    <message>
        <source>holds printing inks other than cyan, magenta, yellow and black</source>
        <translation>contiene tintas de impresión distintas de cian, magenta, amarillo y negro</translation>
    </message>
    <message>
        <source>holds colours of the kind {detail}</source>
        <translation>contiene colores del tipo {detail}</translation>
    </message>
    <message>
        <source>holds more numbers a pixel than are read</source>
        <translation>contiene más números por píxel de los que se leen</translation>
    </message>
    <message>
        <source>it says no size or holds no pixels</source>
        <translation>no indica ningún tamaño o no contiene píxeles</translation>
    </message>
    <message>
        <source>part of its pixels is missing</source>
        <translation>falta parte de sus píxeles</translation>
    </message>
    <message>
        <source>its compressed pixels are damaged</source>
        <translation>sus píxeles comprimidos están dañados</translation>
    </message>
    <message>
        <source>must be {schema}, not {value}; a newer program may be needed</source>
        <translation>debe ser {schema}, no {value}; puede hacer falta un programa más nuevo</translation>
    </message>
    <message>
        <source>names one output of the graph for two purposes</source>
        <translation>nombra una salida del grafo para dos fines</translation>
    </message>
    <message>
        <source>must not be {value}, which Windows keeps for a device</source>
        <translation>no debe ser {value}, que Windows reserva para un dispositivo</translation>
    </message>
    <message>
        <source>repeats {value}</source>
        <translation>repite {value}</translation>
    </message>
    <message>
        <source>must equal input.width ({width}), not {height}</source>
        <translation>debe ser igual a input.width ({width}), no {height}</translation>
    </message>
    <message>
        <source>must be one number or a list of three, not {value}</source>
        <translation>debe ser un número o una lista de tres, no {value}</translation>
    </message>
    <message>
        <source>must not be 0</source>
        <translation>no debe ser 0</translation>
    </message>
    <message>
        <source>must have its lower end first</source>
        <translation>debe tener primero su extremo inferior</translation>
    </message>
    <message>
        <source>its graphs are nested too deep</source>
        <translation>sus grafos están anidados demasiado hondo</translation>
    </message>
    <message>
        <source>field {number} of a {message} has the wrong type</source>
        <translation>el campo {number} de un «{message}» tiene un tipo equivocado</translation>
    </message>
    <message>
        <source>it holds no graph</source>
        <translation>no contiene ningún grafo</translation>
    </message>
    <message>
        <source>a number in it is cut off or too long</source>
        <translation>contiene un número cortado o demasiado largo</translation>
    </message>
    <message>
        <source>it has more fields than any model</source>
        <translation>tiene más campos que ningún modelo</translation>
    </message>
    <message>
        <source>a field has the number 0</source>
        <translation>un campo tiene el número 0</translation>
    </message>
    <message>
        <source>a field has the unknown wire type {wire}</source>
        <translation>un campo tiene el tipo desconocido {wire}</translation>
    </message>
    <message>
        <source>it ends in the middle of a field</source>
        <translation>termina en medio de un campo</translation>
    </message>
    <message>
        <source>it is not a file</source>
        <translation>no es un archivo</translation>
    </message>
    <message>
        <source>it is empty, and its write-ahead log is not</source>
        <translation>está vacío, y su registro de escritura anticipada no lo está</translation>
    </message>
    <message>
        <source>its first bytes are not a database&apos;s</source>
        <translation>sus primeros bytes no son los de una base de datos</translation>
    </message>
    <message>
        <source>it was moved or replaced while the program runs</source>
        <translation>se ha movido o sustituido mientras el programa está en marcha</translation>
    </message>
    <message>
        <source>a value in it cannot be understood</source>
        <translation>contiene un valor que no se puede entender</translation>
    </message>
    <message>
        <source>it was opened read-only</source>
        <translation>se abrió como solo lectura</translation>
    </message>
    <message>
        <source>batch run</source>
        <translation>serie</translation>
    </message>
    <message>
        <source>it lacks the mark of a history</source>
        <translation>le falta la marca de un historial</translation>
    </message>
    <message>
        <source>it is read-only and needs an update of its format</source>
        <translation>es de solo lectura y necesita una actualización de su formato</translation>
    </message>
    <message>
        <source>a row of its table {name} points to nothing</source>
        <translation>una fila de su tabla {name} no apunta a nada</translation>
    </message>
    <message>
        <source>{name} needs more memory than there is.</source>
        <translation>{name} necesita más memoria de la que hay.</translation>
    </message>
    <message>
        <source>Close other programs, or save the image smaller.</source>
        <translation>Cierre otros programas o guarde la imagen más pequeña.</translation>
    </message>
    <message>
        <source>{name} could not be analysed: a fault of the program.</source>
        <translation>No se pudo analizar {name}: un fallo del programa.</translation>
    </message>
    <message>
        <source>The log in the data folder says where; please report it.</source>
        <translation>El registro de la carpeta de datos dice dónde; comuníquelo, por favor.</translation>
    </message>
    <message>
        <source>1 file.</source>
        <translation>1 archivo.</translation>
    </message>
    <message>
        <source>{names} and {count} more</source>
        <translation>{names} y {count} más</translation>
    </message>
    <message>
        <source>1 reviewed cell was left out, since its image is not where it was or has changed: {names}.</source>
        <translation>Se omitió 1 célula revisada, pues su imagen no está donde estaba o ha cambiado: {names}.</translation>
    </message>
    <message>
        <source>{count} reviewed cells were left out, since their images are not where they were or have changed: {names}.</source>
        <translation>Se omitieron {count} células revisadas, pues sus imágenes no están donde estaban o han cambiado: {names}.</translation>
    </message>
    <message>
        <source>it is no file</source>
        <translation>no es un archivo</translation>
    </message>
    <message>
        <source>it is larger than 1 MB</source>
        <translation>ocupa más de 1 MB</translation>
    </message>
    <message>
        <source>it is nested too deep</source>
        <translation>está anidado con demasiada profundidad</translation>
    </message>
    <message>
        <source>it is no JSON</source>
        <translation>no es JSON</translation>
    </message>
    <message>
        <source>it holds no JSON object</source>
        <translation>no contiene un objeto JSON</translation>
    </message>
    <message>
        <source>{folder} is no folder</source>
        <translation>{folder} no es una carpeta</translation>
    </message>
    <message>
        <source>“{name}” stands there twice</source>
        <translation>«{name}» aparece dos veces</translation>
    </message>
    <message>
        <source>“schema” must be {schema}</source>
        <translation>«schema» debe ser {schema}</translation>
    </message>
    <message>
        <source>“{name}” is none of {names}</source>
        <translation>«{name}» no es ninguno de {names}</translation>
    </message>
    <message>
        <source>must be a path</source>
        <translation>debe ser una ruta</translation>
    </message>
    <message>
        <source>names {name}, which the system does not fill in</source>
        <translation>nombra {name}, que el sistema no sustituye</translation>
    </message>
    <message>
        <source>must be an absolute path, not {value}</source>
        <translation>debe ser una ruta absoluta, no {value}</translation>
    </message>
    <message>
        <source>must be a list of names</source>
        <translation>debe ser una lista de nombres</translation>
    </message>
    <message>
        <source>must be one of {names}</source>
        <translation>debe ser uno de {names}</translation>
    </message>
    <message>
        <source>must be true or false</source>
        <translation>debe ser verdadero o falso (true o false)</translation>
    </message>
    <message>
        <source>a text</source>
        <translation>un texto</translation>
    </message>
    <message>
        <source>a choice</source>
        <translation>una opción</translation>
    </message>
    <message>
        <source>a flag</source>
        <translation>un valor de sí o no</translation>
    </message>
    <message>
        <source>a number</source>
        <translation>un número</translation>
    </message>
    <message>
        <source>a list</source>
        <translation>una lista</translation>
    </message>
    <message>
        <source>There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open.</source>
        <translation>Aquí no hay pantalla (no están definidas DISPLAY ni WAYLAND_DISPLAY), así que no se puede abrir ninguna ventana.</translation>
    </message>
    <message>
        <source>Start it in a desktop session, or use `hematodesk classify PATH...` in a terminal.</source>
        <translation>Inícielo en una sesión de escritorio o use `hematodesk classify PATH...` en un terminal.</translation>
    </message>
    <message>
        <source>The display {name} does not answer, so no window can open.</source>
        <translation>La pantalla {name} no responde, así que no se puede abrir ninguna ventana.</translation>
    </message>
    <message>
        <source>Check DISPLAY and the right to use that display, or use `hematodesk classify PATH...`.</source>
        <translation>Compruebe DISPLAY y el permiso para usar esa pantalla, o use `hematodesk classify PATH...`.</translation>
    </message>
    <message>
        <source>PySide6 (Qt) is not installed, so no window can open.</source>
        <translation>PySide6 (Qt) no está instalado, así que no se puede abrir ninguna ventana.</translation>
    </message>
    <message>
        <source>Install it with: python -m pip install PySide6-Essentials</source>
        <translation>Instálelo con: python -m pip install PySide6-Essentials</translation>
    </message>
    <message>
        <source>The system library {names} is missing, so no window can open.</source>
        <translation>Falta la biblioteca del sistema {names}, así que no se puede abrir ninguna ventana.</translation>
    </message>
    <message>
        <source>The system libraries {names} are missing, so no window can open.</source>
        <translation>Faltan las bibliotecas del sistema {names}, así que no se puede abrir ninguna ventana.</translation>
    </message>
    <message>
        <source>Install it with the system&apos;s package manager.</source>
        <translation>Instálela con el gestor de paquetes del sistema.</translation>
    </message>
    <message>
        <source>On Debian and Ubuntu install with: sudo apt-get install -y {packages}</source>
        <translation>En Debian y Ubuntu instale con: sudo apt-get install -y {packages}</translation>
    </message>
    <message>
        <source>A PDF is drawn by Qt, which is not there. {words}</source>
        <translation>Un PDF lo dibuja Qt, que no está instalado. {words}</translation>
    </message>
    <message>
        <source>There is no backup {which}.</source>
        <translation>No hay ninguna copia de seguridad {which}.</translation>
    </message>
    <message>
        <source>`hematodesk history restore` lists the kept ones; a path to any other file will do as well.</source>
        <translation>`hematodesk history restore` enumera las que se conservan; también vale la ruta de cualquier otro archivo.</translation>
    </message>
    <message>
        <source>“{name}” is a link that leads nowhere.</source>
        <translation>“{name}” es un enlace que no lleva a ninguna parte.</translation>
    </message>
    <message>
        <source>{target} is a folder.</source>
        <translation>{target} es una carpeta.</translation>
    </message>
    <message>
        <source>Name a file.</source>
        <translation>Indique un archivo.</translation>
    </message>
    <message>
        <source>“{name}” is no file, and what is written here needs one.</source>
        <translation>“{name}” no es un archivo, y lo que se escribe aquí necesita uno.</translation>
    </message>
    <message>
        <source>“{name}” is an image and would be overwritten.</source>
        <translation>“{name}” es una imagen y se sobrescribiría.</translation>
    </message>
    <message>
        <source>“{name}” belongs to the program&apos;s own files.</source>
        <translation>“{name}” pertenece a los archivos propios del programa.</translation>
    </message>
    <message>
        <source>“{name}” is a pipe that nobody reads.</source>
        <translation>“{name}” es una tubería que nadie lee.</translation>
    </message>
    <message>
        <source>Begin the program that reads it first.</source>
        <translation>Inicie primero el programa que la lee.</translation>
    </message>
    <message>
        <source>The history is not open, so only one image at a time is named.</source>
        <translation>El historial no está abierto, así que solo se nombra una imagen cada vez.</translation>
    </message>
    <message>
        <source>The file has several pages; this is the first.</source>
        <translation>El archivo tiene varias páginas; esta es la primera.</translation>
    </message>
    <message>
        <source>The image has more than 8 bits a colour; it was scaled to 8.</source>
        <translation>La imagen tiene más de 8 bits por color; se redujo a 8.</translation>
    </message>
    <message>
        <source>The image was partly transparent; it lies on white.</source>
        <translation>La imagen era en parte transparente; se muestra sobre blanco.</translation>
    </message>
    <message>
        <source>The file&apos;s coded pixels are not quite in order: part of the image may be wrong.</source>
        <translation>Los píxeles codificados del archivo no están del todo en orden: parte de la imagen puede ser errónea.</translation>
    </message>
    <message>
        <source>The file has several frames; this is the first.</source>
        <translation>El archivo tiene varios fotogramas; este es el primero.</translation>
    </message>
    <message>
        <source>The image is one even colour: nothing can be seen in it.</source>
        <translation>La imagen es de un solo color uniforme: no se ve nada en ella.</translation>
    </message>
    <message>
        <source>The file keeps its colours as separate channels; they were put together.</source>
        <translation>El archivo guarda sus colores como canales separados; se combinaron.</translation>
    </message>
    <message>
        <source>The file has more channels than the picture&apos;s colours; they are left out.</source>
        <translation>El archivo tiene más canales que los colores de la imagen; se omiten.</translation>
    </message>
    <message>
        <source>The file does not say which value is white; brightness was scaled by what it holds.</source>
        <translation>El archivo no indica qué valor es el blanco; el brillo se ajustó según su contenido.</translation>
    </message>
    <message>
        <source>A constant offset was taken off the image&apos;s values.</source>
        <translation>Se restó un desplazamiento constante de los valores de la imagen.</translation>
    </message>
    <message>
        <source>Some of the image&apos;s values are no numbers; they are shown black.</source>
        <translation>Algunos valores de la imagen no son números; se muestran en negro.</translation>
    </message>
    <message>
        <source>The image&apos;s colours were converted to those of a screen (sRGB).</source>
        <translation>Los colores de la imagen se convirtieron a los de pantalla (sRGB).</translation>
    </message>
    <message>
        <source>The image has printing colours without a profile; they are shown approximately.</source>
        <translation>La imagen tiene colores de impresión sin perfil; se muestran de forma aproximada.</translation>
    </message>
    <message>
        <source>an object detector (YOLO)</source>
        <translation>un detector de objetos (YOLO)</translation>
    </message>
    <message>
        <source>an object detector (Faster R-CNN or Mask R-CNN)</source>
        <translation>un detector de objetos (Faster R-CNN o Mask R-CNN)</translation>
    </message>
    <message>
        <source>an object detector (DETR)</source>
        <translation>un detector de objetos (DETR)</translation>
    </message>
    <message>
        <source>an object detector (SSD or RetinaNet)</source>
        <translation>un detector de objetos (SSD o RetinaNet)</translation>
    </message>
    <message>
        <source>an object detector</source>
        <translation>un detector de objetos</translation>
    </message>
    <message>
        <source>a segmentation network</source>
        <translation>una red de segmentación</translation>
    </message>
    <message>
        <source>{name} is {task}: it gives no score for each class of one image.</source>
        <translation>{name} es {task}: no da una puntuación por clase para una imagen.</translation>
    </message>
    <message>
        <source>The program finds the cells itself and needs a classifier: train one on pictures of single cells, then convert that.</source>
        <translation>El programa encuentra las células por sí mismo y necesita un clasificador: entrene uno con imágenes de células sueltas y conviértalo.</translation>
    </message>
    <message>
        <source>Copy or export it again from the scanner; a copy may have been interrupted.</source>
        <translation>Vuelva a copiarlo o exportarlo desde el escáner; puede que una copia se haya interrumpido.</translation>
    </message>
    <message>
        <source>“{name}” is no whole slide of a kind that is read.</source>
        <translation>«{name}» no es un portaobjetos completo de un tipo que se lea.</translation>
    </message>
    <message>
        <source>Export it from the scanner&apos;s program as SVS or as a pyramidal TIFF.</source>
        <translation>Expórtelo desde el programa del escáner como SVS o como TIFF piramidal.</translation>
    </message>
    <message>
        <source>“{name}” is a whole slide that cannot be opened: it is damaged, or parts are missing.</source>
        <translation>«{name}» es un portaobjetos completo que no se puede abrir: está dañado o le faltan partes.</translation>
    </message>
    <message>
        <source>“{name}” is damaged at this place: it cannot be decoded.</source>
        <translation>«{name}» está dañado en este lugar: no se puede decodificar.</translation>
    </message>
    <message>
        <source>“{name}” holds no smaller picture of itself, so there is no overview.</source>
        <translation>«{name}» no contiene ninguna imagen reducida de sí mismo, así que no hay vista general.</translation>
    </message>
    <message>
        <source>Move and zoom in it all the same, or save it as a pyramidal TIFF.</source>
        <translation>Aun así puede moverse y ampliar en él, o guardarlo como TIFF piramidal.</translation>
    </message>
    <message>
        <source>“{name}” needs more memory than a slide may take.</source>
        <translation>«{name}» necesita más memoria de la que puede ocupar un portaobjetos.</translation>
    </message>
    <message>
        <source>Export it again from the scanner&apos;s program.</source>
        <translation>Vuelva a exportarlo desde el programa del escáner.</translation>
    </message>
    <message>
        <source>“{name}” is only the preview of a whole slide; its folder “{folder}” is not beside it.</source>
        <translation>«{name}» es solo la vista previa de un portaobjetos completo; su carpeta «{folder}» no está a su lado.</translation>
    </message>
    <message>
        <source>Copy the folder along with the file, and open the file beside it.</source>
        <translation>Copie la carpeta junto con el archivo y abra el archivo que está a su lado.</translation>
    </message>
    <message>
        <source>“{name}” is only the small preview of a whole slide.</source>
        <translation>«{name}» es solo la pequeña vista previa de un portaobjetos completo.</translation>
    </message>
    <message>
        <source>Open the slide itself: the file of that name that ends in .mrxs.</source>
        <translation>Abra el propio portaobjetos: el archivo de ese nombre que termina en .mrxs.</translation>
    </message>
    <message>
        <source>“{name}” is a whole slide of {width} × {height} pixels.</source>
        <translation>«{name}» es un portaobjetos completo de {width} × {height} píxeles.</translation>
    </message>
    <message>
        <source>Open it in the window and choose a region, or give --region X,Y,WIDTH,HEIGHT.</source>
        <translation>Ábralo en la ventana y elija una región, o indique --region X,Y,WIDTH,HEIGHT.</translation>
    </message>
    <message>
        <source>The region is outside “{name}”, which has {width} × {height} pixels.</source>
        <translation>La región está fuera de «{name}», que tiene {width} × {height} píxeles.</translation>
    </message>
    <message>
        <source>Choose one inside it.</source>
        <translation>Elija una dentro de él.</translation>
    </message>
    <message>
        <source>its structure is not a GIF&apos;s</source>
        <translation>su estructura no es la de un GIF</translation>
    </message>
    <message>
        <source>a JPEG 2000 picture whose channels differ in depth or size</source>
        <translation>una imagen JPEG 2000 cuyos canales difieren en profundidad o tamaño</translation>
    </message>
    <message>
        <source>its header is not a history&apos;s</source>
        <translation>su cabecera no es la de un historial</translation>
    </message>
    <message>
        <source>“{name}” is missing in it</source>
        <translation>falta «{name}»</translation>
    </message>
    <message>
        <source>its table or index “{name}” is not a history&apos;s</source>
        <translation>su tabla o índice «{name}» no es de un historial</translation>
    </message>
    <message>
        <source>it holds the trigger “{name}”, which no history has</source>
        <translation>contiene el disparador «{name}», que ningún historial tiene</translation>
    </message>
    <message>
        <source>it holds the view “{name}”, which no history has</source>
        <translation>contiene la vista «{name}», que ningún historial tiene</translation>
    </message>
    <message>
        <source>it holds the index “{name}”, which no history has</source>
        <translation>contiene el índice «{name}», que ningún historial tiene</translation>
    </message>
    <message>
        <source>it holds the table “{name}”, which no history has</source>
        <translation>contiene la tabla «{name}», que ningún historial tiene</translation>
    </message>
    <message>
        <source>{name} beside it is a link to another file</source>
        <translation>{name}, a su lado, es un enlace a otro archivo</translation>
    </message>
    <message>
        <source>the journal beside it names another file</source>
        <translation>el diario que está a su lado nombra otro archivo</translation>
    </message>
</context>
<context>
    <name>ExplainController</name>
    <message>
        <source>Lay over the image where the model finds evidence for the class</source>
        <translation>Superponer a la imagen dónde halla el modelo evidencia de la clase</translation>
    </message>
    <message>
        <source>Approximate: the package&apos;s own map</source>
        <translation>Aproximado: el mapa del propio paquete</translation>
    </message>
    <message>
        <source>The package gives this map; it does not add up to the class&apos;s score.</source>
        <translation>El paquete da este mapa; no suma la puntuación de la clase.</translation>
    </message>
    <message>
        <source>Exact map of what speaks for the class</source>
        <translation>Mapa exacto de lo que habla a favor de la clase</translation>
    </message>
    <message>
        <source>Exact: the mean of this map plus the bias is the class&apos;s score (logit).
Mean {mean} + bias {bias} = {score}.
Only what speaks for {class_name} is coloured, on one scale for all classes of this cell.
The frame is what the model saw; the map has {across} × {down} values in it, no finer.</source>
        <translation>Exacto: la media de este mapa más el sesgo es la puntuación de la clase (logit).
Media {mean} + sesgo {bias} = {score}.
Solo se colorea lo que habla a favor de {class_name}, con una misma escala para todas las clases de esta célula.
El marco es lo que vio el modelo; el mapa tiene {across} × {down} valores dentro, no más finos.</translation>
    </message>
    <message>
        <source>Choose a cell to see why it got its name.</source>
        <translation>Elija una célula para ver por qué recibió su nombre.</translation>
    </message>
    <message>
        <source>There is no model to ask.</source>
        <translation>No hay ningún modelo al que preguntar.</translation>
    </message>
    <message>
        <source>No model has named this cell yet.</source>
        <translation>Ningún modelo ha nombrado aún esta célula.</translation>
    </message>
    <message>
        <source>The image is not at hand, only its thumbnail.</source>
        <translation>La imagen no está a mano, solo su miniatura.</translation>
    </message>
    <message>
        <source>This model gives no map of its evidence.</source>
        <translation>Este modelo no da ningún mapa de su evidencia.</translation>
    </message>
    <message>
        <source>Another model gave this answer; choose that model to see why.</source>
        <translation>Esta respuesta la dio otro modelo; elíjalo para ver por qué.</translation>
    </message>
</context>
<context>
    <name>Export</name>
    <message>
        <source>The session of the image shown</source>
        <translation>La sesión de la imagen mostrada</translation>
    </message>
    <message numerus="yes">
        <source>The %n image(s) chosen in the list</source>
        <translation>
            <numerusform>La %n imagen elegida en la lista</numerusform>
            <numerusform>Las %n imágenes elegidas en la lista</numerusform>
        </translation>
    </message>
    <message>
        <source>What the list shows under its filter</source>
        <translation>Lo que muestra la lista con su filtro</translation>
    </message>
    <message>
        <source>The whole history</source>
        <translation>Todo el historial</translation>
    </message>
</context>
<context>
    <name>ExportController</name>
    <message>
        <source>Back up the history</source>
        <translation>Hacer copia de seguridad del historial</translation>
    </message>
    <message>
        <source>History (*.sqlite3)</source>
        <translation>Historial (*.sqlite3)</translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) exported to {name}.</source>
        <translation>
            <numerusform>%n imagen exportada a {name}.</numerusform>
            <numerusform>%n imágenes exportadas a {name}.</numerusform>
        </translation>
    </message>
    <message>
        <source>Import history</source>
        <translation>Importar historial</translation>
    </message>
    <message>
        <source>Exported history (*.json)</source>
        <translation>Historial exportado (*.json)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Todos los archivos (*)</translation>
    </message>
    <message numerus="yes">
        <source>{name} is being imported: {done} of {total} image(s).</source>
        <translation>
            <numerusform>Se está importando {name}: {done} de {total} imagen.</numerusform>
            <numerusform>Se está importando {name}: {done} de {total} imágenes.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) imported from {name}.</source>
        <translation>
            <numerusform>%n imagen importada de {name}.</numerusform>
            <numerusform>%n imágenes importadas de {name}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) were there already and stand.</source>
        <translation>
            <numerusform>%n imagen ya estaba y se conserva.</numerusform>
            <numerusform>%n imágenes ya estaban y se conservan.</numerusform>
        </translation>
    </message>
    <message>
        <source>{name} is being imported.</source>
        <translation>Se está importando {name}.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Cancelar</translation>
    </message>
    <message>
        <source>The history was copied to {name}.</source>
        <translation>El historial se copió en {name}.</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Mostrar en la carpeta</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export</source>
        <translation>Exportar</translation>
    </message>
    <message>
        <source>&amp;Browse…</source>
        <translation>E&amp;xaminar…</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Progreso</translation>
    </message>
    <message>
        <source>Table, one row a cell (CSV)</source>
        <translation>Tabla, una fila por célula (CSV)</translation>
    </message>
    <message>
        <source>Columns parted by commas (0.97)</source>
        <translation>Columnas separadas por comas (0.97)</translation>
    </message>
    <message>
        <source>Columns parted by semicolons (0,97)</source>
        <translation>Columnas separadas por punto y coma (0,97)</translation>
    </message>
    <message>
        <source>Columns parted by tabs (0.97)</source>
        <translation>Columnas separadas por tabuladores (0.97)</translation>
    </message>
    <message>
        <source>Excel workbook (XLSX)</source>
        <translation>Libro de Excel (XLSX)</translation>
    </message>
    <message>
        <source>Report with pictures (PDF)</source>
        <translation>Informe con imágenes (PDF)</translation>
    </message>
    <message>
        <source>Everything, to be imported again (JSON)</source>
        <translation>Todo, para volver a importarlo (JSON)</translation>
    </message>
    <message>
        <source>Pictures in class folders, for training</source>
        <translation>Imágenes en carpetas por clase, para entrenar</translation>
    </message>
    <message>
        <source>A small &amp;picture of each cell</source>
        <translation>Una imagen &amp;pequeña de cada célula</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>Columnas</translation>
    </message>
    <message>
        <source>Paper</source>
        <translation>Papel</translation>
    </message>
    <message>
        <source>Paper as usual in this country</source>
        <translation>El papel habitual en este país</translation>
    </message>
    <message>
        <source>A4</source>
        <translation>A4</translation>
    </message>
    <message>
        <source>US Letter</source>
        <translation>Carta (EE. UU.)</translation>
    </message>
    <message>
        <source>With the history&apos;s small &amp;pictures</source>
        <translation>Con las imágenes &amp;pequeñas del historial</translation>
    </message>
    <message>
        <source>What is copied</source>
        <translation>Qué se copia</translation>
    </message>
    <message>
        <source>Each cell, cut out as its model sees it</source>
        <translation>Cada célula, recortada como la ve su modelo</translation>
    </message>
    <message>
        <source>Whole images with cells of one class</source>
        <translation>Imágenes enteras con células de una sola clase</translation>
    </message>
    <message>
        <source>Only what a person has &amp;reviewed</source>
        <translation>Solo lo que una persona ha &amp;revisado</translation>
    </message>
    <message>
        <source>There is nothing to choose.</source>
        <translation>No hay nada que elegir.</translation>
    </message>
    <message>
        <source>&amp;Images</source>
        <translation>&amp;Imágenes</translation>
    </message>
    <message>
        <source>&amp;Format</source>
        <translation>&amp;Formato</translation>
    </message>
    <message>
        <source>Options</source>
        <translation>Opciones</translation>
    </message>
    <message>
        <source>&amp;Where to</source>
        <translation>&amp;Destino</translation>
    </message>
    <message>
        <source>&amp;Export</source>
        <translation>&amp;Exportar</translation>
    </message>
    <message>
        <source>For spreadsheets and statistics. Text is never run as a formula.</source>
        <translation>Para hojas de cálculo y estadística. Ningún texto se ejecuta como fórmula.</translation>
    </message>
    <message>
        <source>Sheets for cells, images and sessions, with filters.</source>
        <translation>Hojas de células, imágenes y sesiones, con filtros.</translation>
    </message>
    <message>
        <source>Each image with its cells, classes, confidence and reviews.</source>
        <translation>Cada imagen con sus células, clases, confianza y revisiones.</translation>
    </message>
    <message>
        <source>All that the history knows, for other systems or another computer.</source>
        <translation>Todo lo que sabe el historial, para otros sistemas u otro ordenador.</translation>
    </message>
    <message>
        <source>Into an empty or a new folder, with a table of labels.</source>
        <translation>En una carpeta vacía o nueva, con una tabla de etiquetas.</translation>
    </message>
    <message>
        <source>Say where to.</source>
        <translation>Indique el destino.</translation>
    </message>
    <message>
        <source>“{name}” is there already. Press Export again to replace it.</source>
        <translation>«{name}» ya existe. Pulse otra vez Exportar para reemplazarlo.</translation>
    </message>
    <message numerus="yes">
        <source>{done} of {total} image(s)</source>
        <translation>
            <numerusform>{done} de {total} imagen</numerusform>
            <numerusform>{done} de {total} imágenes</numerusform>
        </translation>
    </message>
    <message>
        <source>Stopped; nothing was written.</source>
        <translation>Detenido; no se escribió nada.</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Deteniendo…</translation>
    </message>
</context>
<context>
    <name>HistoryList</name>
    <message>
        <source>History</source>
        <translation>Historial</translation>
    </message>
</context>
<context>
    <name>HistoryPanel</name>
    <message>
        <source>Images that you open are kept here with their results.</source>
        <translation>Las imágenes que abra se guardan aquí con sus resultados.</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Buscar</translation>
    </message>
    <message>
        <source>Names and notes</source>
        <translation>Nombres y notas</translation>
    </message>
    <message>
        <source>Search the history by name or note</source>
        <translation>Buscar en el historial por nombre o nota</translation>
    </message>
    <message>
        <source>Which images</source>
        <translation>Qué imágenes</translation>
    </message>
    <message>
        <source>From when</source>
        <translation>Desde cuándo</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>Mostrar todo</translation>
    </message>
    <message>
        <source>By time</source>
        <translation>Por fecha</translation>
    </message>
    <message>
        <source>By name</source>
        <translation>Por nombre</translation>
    </message>
    <message>
        <source>By class</source>
        <translation>Por clase</translation>
    </message>
    <message>
        <source>By confidence, doubtful first</source>
        <translation>Por confianza, primero las dudosas</translation>
    </message>
    <message>
        <source>Order of the images: {order}</source>
        <translation>Orden de las imágenes: {order}</translation>
    </message>
    <message>
        <source>Order of the images</source>
        <translation>Orden de las imágenes</translation>
    </message>
    <message>
        <source>All images</source>
        <translation>Todas las imágenes</translation>
    </message>
    <message>
        <source>Not reviewed</source>
        <translation>Sin revisar</translation>
    </message>
    <message>
        <source>Partly reviewed</source>
        <translation>Revisadas en parte</translation>
    </message>
    <message>
        <source>Reviewed</source>
        <translation>Revisadas</translation>
    </message>
    <message>
        <source>Uncertain</source>
        <translation>Inciertas</translation>
    </message>
    <message>
        <source>No cell found</source>
        <translation>Sin células</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fallidas</translation>
    </message>
    <message>
        <source>Batch: {what}</source>
        <translation>Lote: {what}</translation>
    </message>
    <message>
        <source>Any day</source>
        <translation>Cualquier día</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Hoy</translation>
    </message>
    <message>
        <source>7 days</source>
        <translation>7 días</translation>
    </message>
    <message>
        <source>30 days</source>
        <translation>30 días</translation>
    </message>
    <message>
        <source>A year</source>
        <translation>Un año</translation>
    </message>
    <message>
        <source>There is no history in this session: results are not kept.</source>
        <translation>En esta sesión no hay historial: los resultados no se conservan.</translation>
    </message>
    <message>
        <source>No image matches.</source>
        <translation>Ninguna imagen coincide.</translation>
    </message>
</context>
<context>
    <name>HistoryWords</name>
    <message>
        <source>Today {time}</source>
        <translation>Hoy {time}</translation>
    </message>
    <message>
        <source>Yesterday {time}</source>
        <translation>Ayer {time}</translation>
    </message>
    <message>
        <source>Session of {moment}, images: {count}</source>
        <translation>Sesión del {moment}, imágenes: {count}</translation>
    </message>
    <message>
        <source>unfolded</source>
        <translation>desplegada</translation>
    </message>
    <message>
        <source>folded</source>
        <translation>plegada</translation>
    </message>
    <message>
        <source>{operator}, {began} to {ended}</source>
        <translation>{operator}, de {began} a {ended}</translation>
    </message>
    <message>
        <source>{operator}, since {began}</source>
        <translation>{operator}, desde {began}</translation>
    </message>
    <message>
        <source>Could not be read</source>
        <translation>No se pudo leer</translation>
    </message>
    <message>
        <source>No cell</source>
        <translation>Sin células</translation>
    </message>
    <message>
        <source>Not named yet</source>
        <translation>Aún sin nombre</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fallida</translation>
    </message>
    <message>
        <source>uncertain</source>
        <translation>incierta</translation>
    </message>
    <message>
        <source>reviewed</source>
        <translation>revisada</translation>
    </message>
    <message>
        <source>partly reviewed</source>
        <translation>revisada en parte</translation>
    </message>
    <message>
        <source>with a note</source>
        <translation>con nota</translation>
    </message>
</context>
<context>
    <name>ImageFeature</name>
    <message>
        <source>This image could not be read</source>
        <translation>Esta imagen no se pudo leer</translation>
    </message>
    <message>
        <source>Opening…</source>
        <translation>Abriendo…</translation>
    </message>
    <message>
        <source>The picture is not at hand</source>
        <translation>La imagen no está a mano</translation>
    </message>
</context>
<context>
    <name>ImageView</name>
    <message>
        <source>Image</source>
        <translation>Imagen</translation>
    </message>
    <message>
        <source>No image</source>
        <translation>Sin imagen</translation>
    </message>
    <message>
        <source>{shown}, laid over the image.</source>
        <translation>{shown}, superpuesto a la imagen.</translation>
    </message>
    <message>
        <source>Adding a cell: arrows move the box, Shift and arrows size it, Enter adds it.</source>
        <translation>Añadir una célula: las flechas mueven el recuadro, Mayús y flechas cambian su tamaño, Intro la añade.</translation>
    </message>
</context>
<context>
    <name>KeyButton</name>
    <message>
        <source>Key {key}</source>
        <translation>Tecla {key}</translation>
    </message>
</context>
<context>
    <name>LeftOutWords</name>
    <message>
        <source>Left out of {folder}: {others}.</source>
        <translation>Se ha dejado fuera de {folder}: {others}.</translation>
    </message>
    <message>
        <source>Left out: {others}.</source>
        <translation>Se ha dejado fuera: {others}.</translation>
    </message>
    <message numerus="yes">
        <source>%n more kind(s)</source>
        <translation>
            <numerusform>%n tipo más</numerusform>
            <numerusform>%n tipos más</numerusform>
        </translation>
    </message>
    <message>
        <source>without a usual ending</source>
        <translation>sin extensión habitual</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) of kinds that are not read ({kinds})</source>
        <translation>
            <numerusform>%n archivo de tipos que no se leen ({kinds})</numerusform>
            <numerusform>%n archivos de tipos que no se leen ({kinds})</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n link(s) that are not followed</source>
        <translation>
            <numerusform>%n enlace que no se sigue</numerusform>
            <numerusform>%n enlaces que no se siguen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n folder(s) that cannot be listed</source>
        <translation>
            <numerusform>%n carpeta que no se puede listar</numerusform>
            <numerusform>%n carpetas que no se pueden listar</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LiveDialog</name>
    <message>
        <source>Live picture</source>
        <translation>Imagen en vivo</translation>
    </message>
    <message>
        <source>Camera or video</source>
        <translation>Cámara o vídeo</translation>
    </message>
    <message>
        <source>No camera</source>
        <translation>Ninguna cámara</translation>
    </message>
    <message>
        <source>&amp;Video file…</source>
        <translation>Archivo de &amp;vídeo…</translation>
    </message>
    <message>
        <source>Freeze and &amp;keep</source>
        <translation>Congelar y &amp;guardar</translation>
    </message>
    <message>
        <source>Looking for cameras…</source>
        <translation>Buscando cámaras…</translation>
    </message>
    <message>
        <source>Camera {number}</source>
        <translation>Cámara {number}</translation>
    </message>
    <message>
        <source>Choose a camera</source>
        <translation>Elija una cámara</translation>
    </message>
    <message>
        <source>Choose a camera above</source>
        <translation>Elija arriba una cámara</translation>
    </message>
    <message>
        <source>Or a video file.</source>
        <translation>O un archivo de vídeo.</translation>
    </message>
    <message>
        <source>No camera found</source>
        <translation>No se encontró ninguna cámara</translation>
    </message>
    <message>
        <source>Plug a microscope camera in and open this again, or choose a video file.</source>
        <translation>Conecte una cámara de microscopio y vuelva a abrir esto, o elija un archivo de vídeo.</translation>
    </message>
    <message>
        <source>Open a video file</source>
        <translation>Abrir un archivo de vídeo</translation>
    </message>
    <message>
        <source>Videos ({patterns})</source>
        <translation>Vídeos ({patterns})</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Todos los archivos (*)</translation>
    </message>
    <message>
        <source>Live picture: {name}</source>
        <translation>Imagen en vivo: {name}</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Iniciando…</translation>
    </message>
    <message>
        <source>There is no picture in this video</source>
        <translation>No hay imagen en este vídeo</translation>
    </message>
    <message>
        <source>Kept in the history. Behind it the video has ended.</source>
        <translation>Guardada en el historial. Detrás, el vídeo ha terminado.</translation>
    </message>
    <message>
        <source>The video has ended; this is its last picture.</source>
        <translation>El vídeo ha terminado; esta es su última imagen.</translation>
    </message>
    <message>
        <source>The video has ended. Choose it above to see it once more.</source>
        <translation>El vídeo ha terminado. Elíjalo arriba para verlo otra vez.</translation>
    </message>
    <message>
        <source>Kept in the history. The picture runs on behind it.</source>
        <translation>Guardada en el historial. Detrás, la imagen sigue.</translation>
    </message>
    <message>
        <source>Kept in the history.</source>
        <translation>Guardada en el historial.</translation>
    </message>
    <message>
        <source>uncertain: {count}</source>
        <translation>inciertas: {count}</translation>
    </message>
    <message>
        <source>No white cell in this picture</source>
        <translation>Ningún glóbulo blanco en esta imagen</translation>
    </message>
    <message>
        <source>{rate} pictures a second</source>
        <translation>{rate} imágenes por segundo</translation>
    </message>
    <message>
        <source>&amp;Go on</source>
        <translation>&amp;Continuar</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Open &amp;recent</source>
        <translation>Abrir recie&amp;ntes</translation>
    </message>
</context>
<context>
    <name>MaintenanceController</name>
    <message>
        <source>Today&apos;s backup of the history could not be made; earlier ones are still there.</source>
        <translation>No se pudo hacer la copia de seguridad de hoy del historial; las anteriores siguen ahí.</translation>
    </message>
    <message>
        <source>The history is being checked…</source>
        <translation>Comprobando el historial…</translation>
    </message>
    <message>
        <source>The history is whole.</source>
        <translation>El historial está íntegro.</translation>
    </message>
    <message numerus="yes">
        <source>The history is damaged (%n problem(s)):</source>
        <translation>
            <numerusform>El historial está dañado (%n problema):</numerusform>
            <numerusform>El historial está dañado (%n problemas):</numerusform>
        </translation>
    </message>
    <message>
        <source>What can be read is saved into a new history; the old file is kept.</source>
        <translation>Lo que se pueda leer se guarda en un historial nuevo; el archivo antiguo se conserva.</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>Reparar</translation>
    </message>
    <message>
        <source>The history is damaged. What can be saved of it is being saved…</source>
        <translation>El historial está dañado. Se está salvando lo que se puede…</translation>
    </message>
    <message>
        <source>The damaged file is kept as {name}.</source>
        <translation>El archivo dañado se conserva como {name}.</translation>
    </message>
    <message>
        <source>Restore a backup…</source>
        <translation>Restaurar una copia…</translation>
    </message>
    <message numerus="yes">
        <source>The history was damaged; %n image(s) were saved.</source>
        <translation>
            <numerusform>El historial estaba dañado; se salvó %n imagen.</numerusform>
            <numerusform>El historial estaba dañado; se salvaron %n imágenes.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>At least %n image(s) are lost.</source>
        <translation>
            <numerusform>Se perdió al menos %n imagen.</numerusform>
            <numerusform>Se perdieron al menos %n imágenes.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{days} and %n more day(s)</source>
        <translation>
            <numerusform>{days} y %n día más</numerusform>
            <numerusform>{days} y %n días más</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>At least %n image(s) are lost, of {days}.</source>
        <translation>
            <numerusform>Se perdió al menos %n imagen, de {days}.</numerusform>
            <numerusform>Se perdieron al menos %n imágenes, de {days}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) lost a cell, a review or a note.</source>
        <translation>
            <numerusform>%n imagen perdió una célula, una revisión o una nota.</numerusform>
            <numerusform>%n imágenes perdieron una célula, una revisión o una nota.</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing is known to be lost.</source>
        <translation>No consta que se haya perdido nada.</translation>
    </message>
    <message>
        <source>The backup is being checked…</source>
        <translation>Comprobando la copia…</translation>
    </message>
    <message>
        <source>The backup {name} was restored.</source>
        <translation>Se restauró la copia {name}.</translation>
    </message>
    <message>
        <source>The history as it was is kept as {name}.</source>
        <translation>El historial tal como estaba se conserva como {name}.</translation>
    </message>
    <message>
        <source>The backup is being restored…</source>
        <translation>Restaurando la copia…</translation>
    </message>
</context>
<context>
    <name>ManualTables</name>
    <message>
        <source>format</source>
        <translation>formato</translation>
    </message>
    <message>
        <source>what for</source>
        <translation>para qué</translation>
    </message>
    <message>
        <source>options</source>
        <translation>opciones</translation>
    </message>
    <message>
        <source>setting</source>
        <translation>ajuste</translation>
    </message>
    <message>
        <source>what it does</source>
        <translation>qué hace</translation>
    </message>
    <message>
        <source>forbidden by</source>
        <translation>lo prohíbe</translation>
    </message>
    <message>
        <source>what it covers</source>
        <translation>qué abarca</translation>
    </message>
</context>
<context>
    <name>ManualView</name>
    <message>
        <source>Page</source>
        <translation>Página</translation>
    </message>
</context>
<context>
    <name>ManualWindow</name>
    <message>
        <source>Manual</source>
        <translation>Manual</translation>
    </message>
    <message>
        <source>Search the manual</source>
        <translation>Buscar en el manual</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>Páginas</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Atrás</translation>
    </message>
    <message>
        <source>Forward</source>
        <translation>Adelante</translation>
    </message>
    <message>
        <source>The manual is only in English so far.</source>
        <translation>Por ahora el manual está solo en inglés.</translation>
    </message>
    <message>
        <source>Pages with these words: {count}</source>
        <translation>Páginas con estas palabras: {count}</translation>
    </message>
    <message>
        <source>No page has these words.</source>
        <translation>Ninguna página tiene estas palabras.</translation>
    </message>
</context>
<context>
    <name>ModelCard</name>
    <message>
        <source>This package cannot be used.</source>
        <translation>Este paquete no se puede usar.</translation>
    </message>
    <message>
        <source>Intended use</source>
        <translation>Uso previsto</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>Clases</translation>
    </message>
    <message>
        <source>Trained on</source>
        <translation>Entrenado con</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Licencia</translation>
    </message>
    <message>
        <source>Date</source>
        <translation>Fecha</translation>
    </message>
    <message>
        <source>Looks at</source>
        <translation>Mira</translation>
    </message>
    <message>
        <source>Abstains under</source>
        <translation>Se abstiene por debajo de</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>Reparto</translation>
    </message>
    <message>
        <source>Base weights</source>
        <translation>Pesos de partida</translation>
    </message>
    <message>
        <source>Origin</source>
        <translation>Origen</translation>
    </message>
    <message>
        <source>came with the program</source>
        <translation>vino con el programa</translation>
    </message>
    <message>
        <source>imported</source>
        <translation>importado</translation>
    </message>
    <message>
        <source>SHA-256</source>
        <translation>SHA-256</translation>
    </message>
    <message>
        <source>SHA-256 of its parent</source>
        <translation>SHA-256 del modelo de origen</translation>
    </message>
    <message>
        <source>See the charts: right and wrong, class by class</source>
        <translation>Ver los gráficos: aciertos y errores, clase por clase</translation>
    </message>
    <message>
        <source>Read the whole card: every figure, what was tried, what it cannot do</source>
        <translation>Leer la ficha entera: todas las cifras, lo que se probó, lo que no sabe hacer</translation>
    </message>
    <message>
        <source>the whole image, {width} × {height} pixels</source>
        <translation>la imagen entera, {width} × {height} píxeles</translation>
    </message>
    <message>
        <source>each cell by itself, {width} × {height} pixels</source>
        <translation>cada célula por separado, {width} × {height} píxeles</translation>
    </message>
    <message>
        <source>Training, pass by pass</source>
        <translation>Entrenamiento, pasada a pasada</translation>
    </message>
    <message>
        <source>Measured on</source>
        <translation>Medido con</translation>
    </message>
    <message>
        <source>Accuracy</source>
        <translation>Exactitud</translation>
    </message>
    <message>
        <source>Balanced</source>
        <translation>Equilibrada</translation>
    </message>
    <message>
        <source>Interval</source>
        <translation>Intervalo</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Imágenes</translation>
    </message>
    <message>
        <source>Sources</source>
        <translation>Fuentes</translation>
    </message>
    <message>
        <source>The interval is the accuracy&apos;s, at 95 %, over the source images.</source>
        <translation>El intervalo es el de la exactitud, al 95 %, sobre las imágenes de origen.</translation>
    </message>
    <message>
        <source>These figures hold for images like those. Another laboratory&apos;s stain, microscope or camera can lower them much: review a hundred of your own cells, and Models, Adapt to this lab, tells how many it names rightly there.</source>
        <translation>Estas cifras valen para imágenes como esas. La tinción, el microscopio o la cámara de otro laboratorio pueden bajarlas mucho: revise cien células suyas, y Modelos, Adaptar a este laboratorio, dirá cuántas nombra bien allí.</translation>
    </message>
    <message>
        <source>{number} %</source>
        <translation>{number}&#xa0;%</translation>
    </message>
    <message>
        <source>Back to the summary</source>
        <translation>Volver al resumen</translation>
    </message>
</context>
<context>
    <name>ModelCharts</name>
    <message>
        <source>Loss and accuracy, pass by pass</source>
        <translation>Pérdida y exactitud, pasada a pasada</translation>
    </message>
    <message>
        <source>Confusion matrix</source>
        <translation>Matriz de confusión</translation>
    </message>
    <message>
        <source>Classification report</source>
        <translation>Informe de clasificación</translation>
    </message>
    <message>
        <source>Reliability diagram</source>
        <translation>Diagrama de fiabilidad</translation>
    </message>
    <message>
        <source>Accuracy of the surest answers</source>
        <translation>Exactitud de las respuestas más seguras</translation>
    </message>
    <message>
        <source>{model}: charts</source>
        <translation>{model}: gráficos</translation>
    </message>
</context>
<context>
    <name>ModelState</name>
    <message>
        <source>{active} is used instead of {requested}: {reason}</source>
        <translation>Se usa {active} en lugar de {requested}: {reason}</translation>
    </message>
</context>
<context>
    <name>ModelsDialog</name>
    <message>
        <source>Models</source>
        <translation>Modelos</translation>
    </message>
    <message>
        <source>Model packages</source>
        <translation>Paquetes de modelo</translation>
    </message>
    <message>
        <source>About the package</source>
        <translation>Acerca del paquete</translation>
    </message>
    <message>
        <source>Compute on</source>
        <translation>Calcular en</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automático</translation>
    </message>
    <message>
        <source>Processor (CPU)</source>
        <translation>Procesador (CPU)</translation>
    </message>
    <message>
        <source>Graphics card (CUDA)</source>
        <translation>Tarjeta gráfica (CUDA)</translation>
    </message>
    <message>
        <source>&amp;Use this model</source>
        <translation>&amp;Usar este modelo</translation>
    </message>
    <message>
        <source>&amp;Import…</source>
        <translation>&amp;Importar…</translation>
    </message>
    <message>
        <source>&amp;Verify all</source>
        <translation>&amp;Verificar todos</translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation>&amp;Quitar</translation>
    </message>
    <message>
        <source>{model}, in use</source>
        <translation>{model}, en uso</translation>
    </message>
    <message>
        <source>{model}, unusable</source>
        <translation>{model}, inservible</translation>
    </message>
    <message>
        <source>{model}, imported</source>
        <translation>{model}, importado</translation>
    </message>
    <message>
        <source>There is no model package. Import one.</source>
        <translation>No hay ningún paquete de modelo. Importe uno.</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>Cargando…</translation>
    </message>
    <message>
        <source>No model is loaded.</source>
        <translation>No hay ningún modelo cargado.</translation>
    </message>
    <message>
        <source>In use: {active}.</source>
        <translation>En uso: {active}.</translation>
    </message>
    <message>
        <source>Verifying…</source>
        <translation>Verificando…</translation>
    </message>
    <message numerus="yes">
        <source>%n package(s) verified: all are as they were shipped or imported.</source>
        <translation>
            <numerusform>%n paquete verificado: está tal como se entregó o importó.</numerusform>
            <numerusform>%n paquetes verificados: todos están tal como se entregaron o importaron.</numerusform>
        </translation>
    </message>
    <message>
        <source>{model} was removed.</source>
        <translation>Se quitó {model}.</translation>
    </message>
</context>
<context>
    <name>ModelsFeature</name>
    <message>
        <source>Import a model package</source>
        <translation>Importar un paquete de modelo</translation>
    </message>
    <message>
        <source>Model packages (*.onnx)</source>
        <translation>Paquetes de modelo (*.onnx)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Todos los archivos (*)</translation>
    </message>
    <message>
        <source>{model} was imported.</source>
        <translation>Se importó {model}.</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>Usarlo</translation>
    </message>
</context>
<context>
    <name>Notices</name>
    <message>
        <source>The history {name} may only be read: results and reviews are not saved.</source>
        <translation>El historial {name} es de solo lectura: los resultados y las revisiones no se guardan.</translation>
    </message>
    <message>
        <source>Allow writing to the data folder, or choose another one with --data-dir.</source>
        <translation>Permita escribir en la carpeta de datos o elija otra con --data-dir.</translation>
    </message>
    <message>
        <source>Images are named, but nothing is saved in this session.</source>
        <translation>Las imágenes se nombran, pero en esta sesión no se guarda nada.</translation>
    </message>
    <message>
        <source>{name} was analysed before ({moment}); this is its earlier result.</source>
        <translation>{name} ya se analizó antes ({moment}); este es aquel resultado.</translation>
    </message>
    <message>
        <source>Analyse again</source>
        <translation>Analizar de nuevo</translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) could not be read; the rest is done.</source>
        <translation>
            <numerusform>No se pudo leer %n imagen; el resto está hecho.</numerusform>
            <numerusform>No se pudieron leer %n imágenes; el resto está hecho.</numerusform>
        </translation>
    </message>
    <message>
        <source>Show them</source>
        <translation>Mostrarlas</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Continuar</translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) were analysed before; their earlier results stand.</source>
        <translation>
            <numerusform>%n imagen ya se había analizado; vale su resultado anterior.</numerusform>
            <numerusform>%n imágenes ya se habían analizado; valen sus resultados anteriores.</numerusform>
        </translation>
    </message>
    <message>
        <source>The folder {folder} is gone.</source>
        <translation>La carpeta {folder} ya no está.</translation>
    </message>
    <message>
        <source>Summary</source>
        <translation>Resumen</translation>
    </message>
    <message numerus="yes">
        <source>%n more batch(es) are not finished.</source>
        <translation>
            <numerusform>Hay %n lote más sin terminar.</numerusform>
            <numerusform>Hay %n lotes más sin terminar.</numerusform>
        </translation>
    </message>
    <message>
        <source>All…</source>
        <translation>Todos…</translation>
    </message>
    <message>
        <source>Every batch came to its end; there is none to go on with.</source>
        <translation>Todos los lotes llegaron a su fin; no hay ninguno que continuar.</translation>
    </message>
    <message>
        <source>The batch was begun with {model}, which is not the present model.</source>
        <translation>El lote se empezó con {model}, que no es el modelo actual.</translation>
    </message>
    <message>
        <source>Choose that model (Ctrl+M) and go on, or open the folder anew.</source>
        <translation>Elija ese modelo (Ctrl+M) y continúe, o abra la carpeta de nuevo.</translation>
    </message>
    <message>
        <source>The images of the batch over {name} are not there.</source>
        <translation>Las imágenes del lote de {name} no están ahí.</translation>
    </message>
    <message>
        <source>Connect the drive or share that they lie on; the batch can go on then.</source>
        <translation>Conecte la unidad o el recurso compartido donde están; entonces el lote puede continuar.</translation>
    </message>
    <message numerus="yes">
        <source>Stopped after {done} image(s); what is done is kept.</source>
        <translation>
            <numerusform>Detenido tras {done} imagen; lo hecho se conserva.</numerusform>
            <numerusform>Detenido tras {done} imágenes; lo hecho se conserva.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Stopped after {done} of {total} image(s); what is done is kept.</source>
        <translation>
            <numerusform>Detenido tras {done} de {total} imagen; lo hecho se conserva.</numerusform>
            <numerusform>Detenido tras {done} de {total} imágenes; lo hecho se conserva.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>A batch over {name} was cut off; {done} of {total} image(s) are done.</source>
        <translation>
            <numerusform>Un lote sobre {name} quedó interrumpido; hay {done} de {total} imagen hecha.</numerusform>
            <numerusform>Un lote sobre {name} quedó interrumpido; hay {done} de {total} imágenes hechas.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>A batch over {name} was cut off; {done} image(s) are done.</source>
        <translation>
            <numerusform>Un lote sobre {name} quedó interrumpido; hay {done} imagen hecha.</numerusform>
            <numerusform>Un lote sobre {name} quedó interrumpido; hay {done} imágenes hechas.</numerusform>
        </translation>
    </message>
    <message>
        <source>The batch over {name} was stopped when the history was exchanged.</source>
        <translation>El lote sobre {name} se detuvo cuando se cambió el historial.</translation>
    </message>
    <message>
        <source>Import a model…</source>
        <translation>Importar un modelo…</translation>
    </message>
    <message>
        <source>The history was damaged once: a cell, a review or a note of this image is lost.</source>
        <translation>El historial sufrió daños una vez: se perdió una célula, una revisión o una nota de esta imagen.</translation>
    </message>
</context>
<context>
    <name>OpenController</name>
    <message>
        <source>Open images</source>
        <translation>Abrir imágenes</translation>
    </message>
    <message>
        <source>Images ({patterns})</source>
        <translation>Imágenes ({patterns})</translation>
    </message>
    <message>
        <source>Whole slides ({patterns})</source>
        <translation>Portaobjetos completos ({patterns})</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Todos los archivos (*)</translation>
    </message>
    <message>
        <source>Open a folder of images</source>
        <translation>Abrir una carpeta de imágenes</translation>
    </message>
    <message>
        <source>Pasted picture</source>
        <translation>Imagen pegada</translation>
    </message>
    <message>
        <source>Dropped picture</source>
        <translation>Imagen soltada</translation>
    </message>
    <message>
        <source>There is no image in what was given.</source>
        <translation>No hay ninguna imagen en lo recibido.</translation>
    </message>
    <message>
        <source>Copy an image, or image files, and try again.</source>
        <translation>Copie una imagen, o archivos de imagen, e inténtelo de nuevo.</translation>
    </message>
    <message>
        <source>There are no images in {name}.</source>
        <translation>No hay imágenes en {name}.</translation>
    </message>
    <message>
        <source>There are no images in {name}, but {others}.</source>
        <translation>En {name} no hay imágenes, sino {others}.</translation>
    </message>
    <message>
        <source>{formats} files are taken.</source>
        <translation>Se admiten archivos {formats}.</translation>
    </message>
</context>
<context>
    <name>PageBar</name>
    <message>
        <source>Previous page</source>
        <translation>Página anterior</translation>
    </message>
    <message>
        <source>Next page</source>
        <translation>Página siguiente</translation>
    </message>
    <message>
        <source>Page {page} of {pages}</source>
        <translation>Página {page} de {pages}</translation>
    </message>
</context>
<context>
    <name>Policy</name>
    <message>
        <source>Not allowed on this computer: the administrator has set it so.</source>
        <translation>No permitido en este ordenador: así lo ha fijado el administrador.</translation>
    </message>
    <message>
        <source>All data lie in {folder}.</source>
        <translation>Todos los datos están en {folder}.</translation>
    </message>
    <message>
        <source>none</source>
        <translation>ninguno</translation>
    </message>
    <message>
        <source>Models that may be used: {names}.</source>
        <translation>Modelos que se pueden usar: {names}.</translation>
    </message>
    <message>
        <source>Models compute on: {provider}.</source>
        <translation>Los modelos calculan en: {provider}.</translation>
    </message>
    <message>
        <source>Exporting is not allowed.</source>
        <translation>No se permite exportar.</translation>
    </message>
    <message>
        <source>The live picture of a camera is not allowed.</source>
        <translation>No se permite la imagen en vivo de una cámara.</translation>
    </message>
    <message>
        <source>Importing and adapting models is not allowed.</source>
        <translation>No se permite importar ni adaptar modelos.</translation>
    </message>
    <message>
        <source>Reading whole slides is not allowed.</source>
        <translation>No se permite leer portaobjetos completos.</translation>
    </message>
    <message>
        <source>every file of results that the program would write outside the data folder: exports in all formats, backups to other places, `classify --output`; and `history list --json`. Not the answers on the screen and on standard output.</source>
        <translation>todo archivo de resultados que el programa escribiría fuera de la carpeta de datos: exportaciones en todos los formatos, copias de seguridad en otros lugares, `classify --output`; y `history list --json`. No las respuestas en la pantalla ni en la salida estándar.</translation>
    </message>
    <message>
        <source>the live picture: looking for cameras, opening one, and videos shown as one.</source>
        <translation>la imagen en directo: buscar cámaras, abrir una, y los vídeos que se muestran como tal.</translation>
    </message>
    <message>
        <source>every model that did not come with the program, unless its SHA-256 stands in `packages`: importing, adapting, `models adapt --output`, `--model FILE`, and files copied into the models folder.</source>
        <translation>todo modelo que no venía con el programa, salvo que su SHA-256 figure en `packages`: importar, adaptar, `models adapt --output`, `--model FILE` y los archivos copiados en la carpeta de modelos.</translation>
    </message>
    <message>
        <source>opening whole slides, in the window, by a command or in a watched folder.</source>
        <translation>abrir portaobjetos completos, en la ventana, con una orden o en una carpeta vigilada.</translation>
    </message>
</context>
<context>
    <name>Report</name>
    <message>
        <source>This computer has no font for some letters of names and notes; the report gives their code points instead: {points}.</source>
        <translation>Este ordenador no tiene tipo de letra para algunas letras de nombres y notas; el informe da en su lugar sus códigos: {points}.</translation>
    </message>
    <message>
        <source>Report of cells</source>
        <translation>Informe de células</translation>
    </message>
    <message>
        <source>Page {number} of {count}</source>
        <translation>Página {number} de {count}</translation>
    </message>
    <message>
        <source>The program names cells; people diagnose. {program}</source>
        <translation>El programa nombra células; diagnostican las personas. {program}</translation>
    </message>
    <message>
        <source>Made by {operator} with {program}, {time} ({zone}).</source>
        <translation>Hecho por {operator} con {program}, {time} ({zone}).</translation>
    </message>
    <message>
        <source>The program names cells; people diagnose. A confidence is the probability that the model named beside it gives its class; “uncertain” means that the model abstains.</source>
        <translation>El programa nombra células; diagnostican las personas. La confianza es la probabilidad con que el modelo nombrado a su lado da su clase; «incierta» significa que el modelo se abstiene.</translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation>Sesiones</translation>
    </message>
    <message>
        <source>All together</source>
        <translation>En conjunto</translation>
    </message>
    <message>
        <source>Classes that stand</source>
        <translation>Clases que valen</translation>
    </message>
    <message>
        <source>No cell has a class.</source>
        <translation>Ninguna célula tiene clase.</translation>
    </message>
    <message>
        <source>{count} of {all} ({share} %)</source>
        <translation>{count} de {all} ({share} %)</translation>
    </message>
    <message>
        <source>Model packages</source>
        <translation>Paquetes de modelo</translation>
    </message>
    <message>
        <source>No cell was named by a model.</source>
        <translation>Ningún modelo nombró ninguna célula.</translation>
    </message>
    <message>
        <source>SHA-256: {digest}</source>
        <translation>SHA-256: {digest}</translation>
    </message>
    <message>
        <source>Computed on: {providers}</source>
        <translation>Calculado en: {providers}</translation>
    </message>
    <message>
        <source>This is the small picture that the history keeps.</source>
        <translation>Esta es la imagen pequeña que guarda el historial.</translation>
    </message>
    <message>
        <source>{name} (continued)</source>
        <translation>{name} (continuación)</translation>
    </message>
    <message>
        <source>Session {number}, {operator}: {began}</source>
        <translation>Sesión {number}, {operator}: {began}</translation>
    </message>
    <message>
        <source>Images: {images} (not read: {failed}, without a cell: {without}). Cells: {cells} (uncertain: {uncertain}, reviewed: {reviewed}, of these rejected as no cell: {rejected}).</source>
        <translation>Imágenes: {images} (no leídas: {failed}; sin células: {without}). Células: {cells} (inciertas: {uncertain}; revisadas: {reviewed}, de ellas rechazadas por no ser célula: {rejected}).</translation>
    </message>
    <message>
        <source>{model} on {provider}: {class_name}, {percent}</source>
        <translation>{model} en {provider}: {class_name}, {percent}</translation>
    </message>
    <message>
        <source>Uncertain: {reason}</source>
        <translation>Incierta: {reason}</translation>
    </message>
    <message>
        <source>Not reviewed</source>
        <translation>Sin revisar</translation>
    </message>
    <message>
        <source>✓ Agreed by {operator}, {time}</source>
        <translation>✓ Confirmada por {operator}, {time}</translation>
    </message>
    <message>
        <source>✓ Corrected by {operator}, {time}</source>
        <translation>✓ Corregida por {operator}, {time}</translation>
    </message>
    <message>
        <source>✓ Rejected as no cell by {operator}, {time}</source>
        <translation>✓ Rechazada por no ser célula por {operator}, {time}</translation>
    </message>
    <message>
        <source>Analysed: {time}</source>
        <translation>Analizada: {time}</translation>
    </message>
    <message>
        <source>Session {number}, {operator}</source>
        <translation>Sesión {number}, {operator}</translation>
    </message>
    <message>
        <source>Size: {width} × {height} pixels</source>
        <translation>Tamaño: {width} × {height} píxeles</translation>
    </message>
    <message>
        <source>Cells: {count}</source>
        <translation>Células: {count}</translation>
    </message>
    <message>
        <source>File: {path}</source>
        <translation>Archivo: {path}</translation>
    </message>
    <message>
        <source>Note: {note}</source>
        <translation>Nota: {note}</translation>
    </message>
</context>
<context>
    <name>ReportWords</name>
    <message numerus="yes">
        <source>{model}: {count} cell(s)</source>
        <translation>
            <numerusform>{model}: {count} célula</numerusform>
            <numerusform>{model}: {count} células</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RestoreDialog</name>
    <message>
        <source>Restore from a backup</source>
        <translation>Restaurar una copia de seguridad</translation>
    </message>
    <message>
        <source>The backup takes the place of the present history, which is kept beside it as a file: nothing is thrown away. Images and reviews since the backup are then not in the list.</source>
        <translation>La copia ocupa el lugar del historial actual, que se conserva a su lado como archivo: no se tira nada. Las imágenes y revisiones posteriores a la copia dejan entonces de estar en la lista.</translation>
    </message>
    <message>
        <source>Kept backups</source>
        <translation>Copias guardadas</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>Hecha</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Imágenes</translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation>Sesiones</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Tamaño</translation>
    </message>
    <message>
        <source>The kept backups are being read…</source>
        <translation>Leyendo las copias guardadas…</translation>
    </message>
    <message>
        <source>Another &amp;file…</source>
        <translation>Otro &amp;archivo…</translation>
    </message>
    <message>
        <source>&amp;Restore</source>
        <translation>&amp;Restaurar</translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation>no se puede leer</translation>
    </message>
    <message>
        <source>There is no backup yet; one is made on every day that changes something.</source>
        <translation>Aún no hay ninguna copia; se hace una cada día en que cambia algo.</translation>
    </message>
    <message>
        <source>Restore from another file</source>
        <translation>Restaurar de otro archivo</translation>
    </message>
    <message>
        <source>History (*.sqlite3)</source>
        <translation>Historial (*.sqlite3)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Todos los archivos (*)</translation>
    </message>
</context>
<context>
    <name>ReviewController</name>
    <message>
        <source>{name} was deleted in another window.</source>
        <translation>{name} se eliminó en otra ventana.</translation>
    </message>
</context>
<context>
    <name>ReviewFeature</name>
    <message numerus="yes">
        <source>Delete %n image(s) from the history?</source>
        <translation>
            <numerusform>¿Eliminar %n imagen del historial?</numerusform>
            <numerusform>¿Eliminar %n imágenes del historial?</numerusform>
        </translation>
    </message>
    <message>
        <source>The files themselves stay. Undo brings them back until you quit.</source>
        <translation>Los archivos en sí se conservan. Deshacer las recupera mientras no salga del programa.</translation>
    </message>
    <message>
        <source>&amp;Delete</source>
        <translation>&amp;Eliminar</translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) deleted.</source>
        <translation>
            <numerusform>%n imagen eliminada.</numerusform>
            <numerusform>%n imágenes eliminadas.</numerusform>
        </translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Deshacer</translation>
    </message>
</context>
<context>
    <name>RunSummaryDialog</name>
    <message>
        <source>Summary of the batch</source>
        <translation>Resumen del lote</translation>
    </message>
    <message>
        <source>What the batch holds</source>
        <translation>Qué contiene el lote</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Qué</translation>
    </message>
    <message>
        <source>Cells</source>
        <translation>Células</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Imágenes</translation>
    </message>
    <message>
        <source>Click a line to see its images in the list.</source>
        <translation>Haga clic en una línea para ver sus imágenes en la lista.</translation>
    </message>
    <message>
        <source>{rate} a second</source>
        <translation>{rate} por segundo</translation>
    </message>
    <message>
        <source>{count} of them known before</source>
        <translation>{count} de ellas ya conocidas</translation>
    </message>
    <message>
        <source>All images</source>
        <translation>Todas las imágenes</translation>
    </message>
    <message>
        <source>Uncertain</source>
        <translation>Inciertas</translation>
    </message>
    <message>
        <source>No cell found</source>
        <translation>Sin células</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fallidas</translation>
    </message>
</context>
<context>
    <name>RunWords</name>
    <message>
        <source>{number} s</source>
        <translation>{number} s</translation>
    </message>
    <message>
        <source>{number} min</source>
        <translation>{number} min</translation>
    </message>
    <message>
        <source>{hours} h {minutes} min</source>
        <translation>{hours} h {minutes} min</translation>
    </message>
    <message numerus="yes">
        <source>{images} image(s) in {time}</source>
        <translation>
            <numerusform>{images} imagen en {time}</numerusform>
            <numerusform>{images} imágenes en {time}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{count} of other classes</source>
        <translation>
            <numerusform>{count} de otras clases</numerusform>
            <numerusform>{count} de otras clases</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{count} image(s) with uncertain cells</source>
        <translation>
            <numerusform>{count} imagen con células inciertas</numerusform>
            <numerusform>{count} imágenes con células inciertas</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{count} failed</source>
        <translation>
            <numerusform>{count} fallida</numerusform>
            <numerusform>{count} fallidas</numerusform>
        </translation>
    </message>
    <message>
        <source>Empty files</source>
        <translation>Archivos vacíos</translation>
    </message>
    <message>
        <source>Files that are gone</source>
        <translation>Archivos que ya no están</translation>
    </message>
    <message>
        <source>Files that are too large</source>
        <translation>Archivos demasiado grandes</translation>
    </message>
    <message>
        <source>Files that the system does not let be read</source>
        <translation>Archivos que el sistema no deja leer</translation>
    </message>
    <message>
        <source>Damaged images</source>
        <translation>Imágenes dañadas</translation>
    </message>
    <message>
        <source>Images that stopped their decoder</source>
        <translation>Imágenes que detuvieron su descodificador</translation>
    </message>
    <message>
        <source>Images that took too long to decode</source>
        <translation>Imágenes que tardaron demasiado en descodificarse</translation>
    </message>
    <message>
        <source>Images with too many pixels</source>
        <translation>Imágenes con demasiados píxeles</translation>
    </message>
    <message>
        <source>Images with too few pixels</source>
        <translation>Imágenes con muy pocos píxeles</translation>
    </message>
    <message>
        <source>Images that are cut off</source>
        <translation>Imágenes cortadas</translation>
    </message>
    <message>
        <source>Faults of the program</source>
        <translation>Fallos del programa</translation>
    </message>
    <message>
        <source>Files that are no images</source>
        <translation>Archivos que no son imágenes</translation>
    </message>
</context>
<context>
    <name>RunsDialog</name>
    <message>
        <source>Batches that are not finished</source>
        <translation>Lotes sin terminar</translation>
    </message>
    <message>
        <source>What is done of a batch is in the history already, and is not done again.</source>
        <translation>Lo que ya está hecho de un lote está en el historial y no se repite.</translation>
    </message>
    <message>
        <source>Images of</source>
        <translation>Imágenes de</translation>
    </message>
    <message>
        <source>Begun</source>
        <translation>Comenzado</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Hecho</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modelo</translation>
    </message>
    <message>
        <source>&amp;Do not offer it again</source>
        <translation>&amp;No volver a ofrecerlo</translation>
    </message>
    <message>
        <source>&amp;Go on</source>
        <translation>&amp;Continuar</translation>
    </message>
    <message>
        <source>Pictures without a file</source>
        <translation>Imágenes sin archivo</translation>
    </message>
    <message>
        <source>{name} and {count} more</source>
        <translation>{name} y {count} más</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} de {total}</translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>General</source>
        <translation>General</translation>
    </message>
    <message>
        <source>Operator</source>
        <translation>Operador</translation>
    </message>
    <message>
        <source>The name that reviews and sessions carry. Empty: the login name.</source>
        <translation>El nombre que llevan las revisiones y las sesiones. Vacío: el nombre de usuario.</translation>
    </message>
    <message>
        <source>Go on after a review</source>
        <translation>Avanzar tras una revisión</translation>
    </message>
    <message>
        <source>After a verdict the next cell that has none is chosen.</source>
        <translation>Tras un veredicto se elige la siguiente célula que no lo tenga.</translation>
    </message>
    <message>
        <source>Ask before deleting</source>
        <translation>Preguntar antes de eliminar</translation>
    </message>
    <message>
        <source>Deleting can be undone until the program is closed.</source>
        <translation>Lo eliminado se puede recuperar hasta que se cierre el programa.</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Apariencia</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Tema</translation>
    </message>
    <message>
        <source>Light or dark, or as the system has it.</source>
        <translation>Claro u oscuro, o como lo tenga el sistema.</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Como el sistema</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Claro</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Oscuro</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Idioma</translation>
    </message>
    <message>
        <source>Used from the next start.</source>
        <translation>Se usa a partir del próximo inicio.</translation>
    </message>
    <message>
        <source>English</source>
        <translation>English</translation>
    </message>
    <message>
        <source>Español</source>
        <translation>Español</translation>
    </message>
    <message>
        <source>Analysis</source>
        <translation>Análisis</translation>
    </message>
    <message>
        <source>Compute on</source>
        <translation>Calcular en</translation>
    </message>
    <message>
        <source>Automatic takes the graphics card where it works, else the processor.</source>
        <translation>Automático toma la tarjeta gráfica donde funciona; si no, el procesador.</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automático</translation>
    </message>
    <message>
        <source>Processor (CPU)</source>
        <translation>Procesador (CPU)</translation>
    </message>
    <message>
        <source>Graphics card (CUDA)</source>
        <translation>Tarjeta gráfica (CUDA)</translation>
    </message>
    <message>
        <source>Show earlier results of the same image</source>
        <translation>Mostrar resultados anteriores de la misma imagen</translation>
    </message>
    <message>
        <source>An image that this model has seen before is not analysed again.</source>
        <translation>Una imagen que este modelo ya ha visto no se analiza otra vez.</translation>
    </message>
    <message>
        <source>Keep thumbnails</source>
        <translation>Guardar miniaturas</translation>
    </message>
    <message>
        <source>Look into a watched folder every</source>
        <translation>Mirar en una carpeta vigilada cada</translation>
    </message>
    <message>
        <source>Less often is easier on a network drive.</source>
        <translation>Con menos frecuencia es más llevadero en una unidad de red.</translation>
    </message>
    <message>
        <source>1 s</source>
        <translation>1 s</translation>
    </message>
    <message>
        <source>2 s</source>
        <translation>2 s</translation>
    </message>
    <message>
        <source>5 s</source>
        <translation>5 s</translation>
    </message>
    <message>
        <source>10 s</source>
        <translation>10 s</translation>
    </message>
    <message>
        <source>30 s</source>
        <translation>30 s</translation>
    </message>
    <message>
        <source>60 s</source>
        <translation>60 s</translation>
    </message>
    <message>
        <source>Small pictures of the images in the history. Applies to images analysed from now on.</source>
        <translation>Imágenes pequeñas en el historial. Vale para las imágenes que se analicen a partir de ahora.</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>Ajustes</translation>
    </message>
    <message>
        <source>&amp;Defaults</source>
        <translation>&amp;Predeterminados</translation>
    </message>
    <message>
        <source>Set by the administrator</source>
        <translation>Fijado por el administrador</translation>
    </message>
    <message>
        <source>Set by the administrator of this computer.</source>
        <translation>Fijado por el administrador de este ordenador.</translation>
    </message>
</context>
<context>
    <name>ShortcutsOverlay</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Atajos de teclado</translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation>Cerrar (Esc)</translation>
    </message>
</context>
<context>
    <name>SlideDialog</name>
    <message>
        <source>Progress of the scan</source>
        <translation>Progreso del barrido</translation>
    </message>
    <message>
        <source>&amp;Whole slide</source>
        <translation>Todo el &amp;portaobjetos</translation>
    </message>
    <message>
        <source>&amp;Open as one image</source>
        <translation>&amp;Abrir como una imagen</translation>
    </message>
    <message>
        <source>&amp;Scan this area</source>
        <translation>&amp;Barrer esta zona</translation>
    </message>
    <message>
        <source>S&amp;top the scan</source>
        <translation>&amp;Detener el barrido</translation>
    </message>
    <message>
        <source>Whole slide: {name}</source>
        <translation>Portaobjetos completo: {name}</translation>
    </message>
    <message>
        <source>Cells are small in this slide: it was scanned with an objective below 20×.</source>
        <translation>Las células son pequeñas en este portaobjetos: se escaneó con un objetivo de menos de 20×.</translation>
    </message>
    <message>
        <source>It holds no smaller picture of itself, so there is no overview.</source>
        <translation>No contiene ninguna imagen reducida de sí mismo, así que no hay vista general.</translation>
    </message>
    <message>
        <source>{width} × {height} pixels</source>
        <translation>{width} × {height} píxeles</translation>
    </message>
    <message>
        <source>objective {power}×</source>
        <translation>objetivo {power}×</translation>
    </message>
    <message>
        <source>{size} µm a pixel</source>
        <translation>{size} µm por píxel</translation>
    </message>
    <message>
        <source>Drag over the overview to choose an area. A click shows a place.</source>
        <translation>Arrastre sobre la vista general para elegir una zona. Un clic muestra un lugar.</translation>
    </message>
    <message>
        <source>Area of {width} × {height} pixels at {x}, {y}. Fields at full resolution: {count}.</source>
        <translation>Zona de {width} × {height} píxeles en {x}, {y}. Campos a resolución completa: {count}.</translation>
    </message>
    <message>
        <source>Looking for empty glass…</source>
        <translation>Buscando vidrio vacío…</translation>
    </message>
    <message>
        <source>There is only empty glass in this area.</source>
        <translation>En esta zona solo hay vidrio vacío.</translation>
    </message>
    <message>
        <source>Fields that are scanned: {count}.</source>
        <translation>Campos que se barren: {count}.</translation>
    </message>
    <message>
        <source>Left out as empty glass: {count}.</source>
        <translation>Omitidos por ser vidrio vacío: {count}.</translation>
    </message>
</context>
<context>
    <name>SlideMagnifier</name>
    <message>
        <source>Magnifier</source>
        <translation>Lupa</translation>
    </message>
</context>
<context>
    <name>SlideMap</name>
    <message>
        <source>Overview of the slide</source>
        <translation>Vista general del portaobjetos</translation>
    </message>
    <message>
        <source>Arrows move the area that is scanned, Shift and arrows size it.</source>
        <translation>Las flechas mueven la zona que se barre; Mayús y las flechas cambian su tamaño.</translation>
    </message>
</context>
<context>
    <name>StatusStrip</name>
    <message>
        <source>Choose another model</source>
        <translation>Elegir otro modelo</translation>
    </message>
    <message>
        <source>Choose what the model computes on</source>
        <translation>Elegir en qué calcula el modelo</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Progreso</translation>
    </message>
    <message>
        <source>Stop; what is done stays</source>
        <translation>Detener; lo hecho se conserva</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Cancelar</translation>
    </message>
    <message>
        <source>From reading the file to the answer</source>
        <translation>De la lectura del archivo a la respuesta</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>Sin modelo</translation>
    </message>
    <message>
        <source>Model: {name}</source>
        <translation>Modelo: {name}</translation>
    </message>
    <message>
        <source>Loading model…</source>
        <translation>Cargando modelo…</translation>
    </message>
    <message>
        <source>Computes on {active}; asked for: {requested}.</source>
        <translation>Calcula en {active}; pedido: {requested}.</translation>
    </message>
    <message>
        <source>{active} instead of {requested}</source>
        <translation>{active} en lugar de {requested}</translation>
    </message>
    <message>
        <source>Provider: {name}</source>
        <translation>Proveedor: {name}</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} de {total}</translation>
    </message>
    <message>
        <source>{done} done</source>
        <translation>{done} hechas</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>en pausa</translation>
    </message>
    <message>
        <source>{rate} a second</source>
        <translation>{rate} por segundo</translation>
    </message>
    <message numerus="yes">
        <source>%n failed</source>
        <translation>
            <numerusform>%n fallida</numerusform>
            <numerusform>%n fallidas</numerusform>
        </translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Continuar</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pausa</translation>
    </message>
    <message>
        <source>Go on with the batch (P)</source>
        <translation>Continuar con el lote (P)</translation>
    </message>
    <message>
        <source>Let the batch rest (P)</source>
        <translation>Dejar descansar el lote (P)</translation>
    </message>
    <message>
        <source>{name} is away</source>
        <translation>{name} no está accesible</translation>
    </message>
    <message>
        <source>Watching {name}</source>
        <translation>Vigilando {name}</translation>
    </message>
    <message>
        <source>{number} s left</source>
        <translation>quedan {number} s</translation>
    </message>
    <message>
        <source>{number} min left</source>
        <translation>quedan {number} min</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Deteniendo…</translation>
    </message>
</context>
<context>
    <name>StripPresenter</name>
    <message>
        <source>Read-only</source>
        <translation>Solo lectura</translation>
    </message>
    <message>
        <source>The history may only be read: results and reviews are not saved.</source>
        <translation>El historial es de solo lectura: los resultados y las revisiones no se guardan.</translation>
    </message>
    <message>
        <source>Not saved</source>
        <translation>Sin guardar</translation>
    </message>
    <message numerus="yes">
        <source>%n cell(s)</source>
        <translation>
            <numerusform>%n célula</numerusform>
            <numerusform>%n células</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n uncertain</source>
        <translation>
            <numerusform>%n incierta</numerusform>
            <numerusform>%n inciertas</numerusform>
        </translation>
    </message>
    <message>
        <source>not saved</source>
        <translation>sin guardar</translation>
    </message>
</context>
<context>
    <name>Viewer</name>
    <message>
        <source>Its results are kept; the picture shown is its thumbnail.</source>
        <translation>Sus resultados se conservan; la imagen mostrada es su miniatura.</translation>
    </message>
</context>
<context>
    <name>WatchController</name>
    <message>
        <source>Watch a folder</source>
        <translation>Vigilar una carpeta</translation>
    </message>
    <message>
        <source>{folder} cannot be reached; it is looked for until it is back.</source>
        <translation>No se puede acceder a {folder}; se la busca hasta que vuelva.</translation>
    </message>
    <message>
        <source>New images in {folder} are named when they have stopped growing.</source>
        <translation>Las imágenes nuevas de {folder} se nombran cuando dejan de crecer.</translation>
    </message>
    <message numerus="yes">
        <source>%n of what came could not be read.</source>
        <translation>
            <numerusform>%n imagen llegada no se pudo leer.</numerusform>
            <numerusform>%n imágenes llegadas no se pudieron leer.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{count} came, newest {clock}</source>
        <translation>
            <numerusform>{count} llegada, la última a las {clock}</numerusform>
            <numerusform>{count} llegadas, la última a las {clock}</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>WhyBox</name>
    <message>
        <source>Show why</source>
        <translation>Mostrar el porqué</translation>
    </message>
    <message>
        <source>Evidence for</source>
        <translation>Evidencia de</translation>
    </message>
    <message>
        <source>The class whose evidence is shown</source>
        <translation>La clase cuya evidencia se muestra</translation>
    </message>
    <message>
        <source>Opacity</source>
        <translation>Opacidad</translation>
    </message>
    <message>
        <source>How strongly the colours cover the image</source>
        <translation>Con cuánta fuerza cubren los colores la imagen</translation>
    </message>
    <message>
        <source>{number} %</source>
        <translation>{number}&#xa0;%</translation>
    </message>
</context>
</TS>
