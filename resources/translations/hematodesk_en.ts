<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_GB" sourcelanguage="en_GB">
<context>
    <name>AdaptDialog</name>
    <message numerus="yes">
        <source>%n reviewed cell(s) to learn from.</source>
        <translation>
            <numerusform>%n reviewed cell to learn from.</numerusform>
            <numerusform>%n reviewed cells to learn from.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n older cell(s) of common classes are left out.</source>
        <translation>
            <numerusform>%n older cell of a common class is left out.</numerusform>
            <numerusform>%n older cells of common classes are left out.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CellCard</name>
    <message numerus="yes">
        <source>%n cells</source>
        <translation>
            <numerusform>%n cell</numerusform>
            <numerusform>%n cells</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CompareDialog</name>
    <message numerus="yes">
        <source>The same name for {same} of {count} cell(s).</source>
        <translation>
            <numerusform>The same name for {same} of {count} cell.</numerusform>
            <numerusform>The same name for {same} of {count} cells.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Export</name>
    <message numerus="yes">
        <source>The %n image(s) chosen in the list</source>
        <translation>
            <numerusform>The %n image chosen in the list</numerusform>
            <numerusform>The %n images chosen in the list</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ExportController</name>
    <message numerus="yes">
        <source>%n image(s) exported to {name}.</source>
        <translation>
            <numerusform>%n image exported to {name}.</numerusform>
            <numerusform>%n images exported to {name}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{name} is being imported: {done} of {total} image(s).</source>
        <translation>
            <numerusform>{name} is being imported: {done} of {total} image.</numerusform>
            <numerusform>{name} is being imported: {done} of {total} images.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) imported from {name}.</source>
        <translation>
            <numerusform>%n image imported from {name}.</numerusform>
            <numerusform>%n images imported from {name}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) were there already and stand.</source>
        <translation>
            <numerusform>%n image was there already and stands.</numerusform>
            <numerusform>%n images were there already and stand.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message numerus="yes">
        <source>{done} of {total} image(s)</source>
        <translation>
            <numerusform>{done} of {total} image</numerusform>
            <numerusform>{done} of {total} images</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LeftOutWords</name>
    <message numerus="yes">
        <source>%n more kind(s)</source>
        <translation>
            <numerusform>%n more kind</numerusform>
            <numerusform>%n more kinds</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) of kinds that are not read ({kinds})</source>
        <translation>
            <numerusform>%n file of kinds that are not read ({kinds})</numerusform>
            <numerusform>%n files of kinds that are not read ({kinds})</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n link(s) that are not followed</source>
        <translation>
            <numerusform>%n link that is not followed</numerusform>
            <numerusform>%n links that are not followed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n folder(s) that cannot be listed</source>
        <translation>
            <numerusform>%n folder that cannot be listed</numerusform>
            <numerusform>%n folders that cannot be listed</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>MaintenanceController</name>
    <message numerus="yes">
        <source>The history is damaged (%n problem(s)):</source>
        <translation>
            <numerusform>The history is damaged (%n problem):</numerusform>
            <numerusform>The history is damaged (%n problems):</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The history was damaged; %n image(s) were saved.</source>
        <translation>
            <numerusform>The history was damaged; %n image was saved.</numerusform>
            <numerusform>The history was damaged; %n images were saved.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>At least %n image(s) are lost.</source>
        <translation>
            <numerusform>At least %n image is lost.</numerusform>
            <numerusform>At least %n images are lost.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{days} and %n more day(s)</source>
        <translation>
            <numerusform>{days} and %n more day</numerusform>
            <numerusform>{days} and %n more days</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>At least %n image(s) are lost, of {days}.</source>
        <translation>
            <numerusform>At least %n image is lost, of {days}.</numerusform>
            <numerusform>At least %n images are lost, of {days}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) lost a cell, a review or a note.</source>
        <translation>
            <numerusform>%n image lost a cell, a review or a note.</numerusform>
            <numerusform>%n images lost a cell, a review or a note.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ModelsDialog</name>
    <message numerus="yes">
        <source>%n package(s) verified: all are as they were shipped or imported.</source>
        <translation>
            <numerusform>%n package verified: it is as it was shipped or imported.</numerusform>
            <numerusform>%n packages verified: all are as they were shipped or imported.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Notices</name>
    <message numerus="yes">
        <source>%n image(s) could not be read; the rest is done.</source>
        <translation>
            <numerusform>%n image could not be read; the rest is done.</numerusform>
            <numerusform>%n images could not be read; the rest is done.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) were analysed before; their earlier results stand.</source>
        <translation>
            <numerusform>%n image was analysed before; its earlier result stands.</numerusform>
            <numerusform>%n images were analysed before; their earlier results stand.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Stopped after {done} image(s); what is done is kept.</source>
        <translation>
            <numerusform>Stopped after {done} image; what is done is kept.</numerusform>
            <numerusform>Stopped after {done} images; what is done is kept.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Stopped after {done} of {total} image(s); what is done is kept.</source>
        <translation>
            <numerusform>Stopped after {done} of {total} image; what is done is kept.</numerusform>
            <numerusform>Stopped after {done} of {total} images; what is done is kept.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>A batch over {name} was cut off; {done} of {total} image(s) are done.</source>
        <translation>
            <numerusform>A batch over {name} was cut off; {done} of {total} image is done.</numerusform>
            <numerusform>A batch over {name} was cut off; {done} of {total} images are done.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>A batch over {name} was cut off; {done} image(s) are done.</source>
        <translation>
            <numerusform>A batch over {name} was cut off; {done} image is done.</numerusform>
            <numerusform>A batch over {name} was cut off; {done} images are done.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more batch(es) are not finished.</source>
        <translation>
            <numerusform>%n more batch is not finished.</numerusform>
            <numerusform>%n more batches are not finished.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ReportWords</name>
    <message numerus="yes">
        <source>{model}: {count} cell(s)</source>
        <translation>
            <numerusform>{model}: {count} cell</numerusform>
            <numerusform>{model}: {count} cells</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ReviewFeature</name>
    <message numerus="yes">
        <source>Delete %n image(s) from the history?</source>
        <translation>
            <numerusform>Delete %n image from the history?</numerusform>
            <numerusform>Delete %n images from the history?</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) deleted.</source>
        <translation>
            <numerusform>%n image deleted.</numerusform>
            <numerusform>%n images deleted.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RunWords</name>
    <message numerus="yes">
        <source>{images} image(s) in {time}</source>
        <translation>
            <numerusform>{images} image in {time}</numerusform>
            <numerusform>{images} images in {time}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{count} of other classes</source>
        <translation>
            <numerusform>{count} of other classes</numerusform>
            <numerusform>{count} of other classes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{count} image(s) with uncertain cells</source>
        <translation>
            <numerusform>{count} image with uncertain cells</numerusform>
            <numerusform>{count} images with uncertain cells</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{count} failed</source>
        <translation>
            <numerusform>{count} failed</numerusform>
            <numerusform>{count} failed</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>StatusStrip</name>
    <message numerus="yes">
        <source>%n failed</source>
        <translation>
            <numerusform>%n failed</numerusform>
            <numerusform>%n failed</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>StripPresenter</name>
    <message numerus="yes">
        <source>%n cell(s)</source>
        <translation>
            <numerusform>%n cell</numerusform>
            <numerusform>%n cells</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n uncertain</source>
        <translation>
            <numerusform>%n uncertain</numerusform>
            <numerusform>%n uncertain</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>WatchController</name>
    <message numerus="yes">
        <source>%n of what came could not be read.</source>
        <translation>
            <numerusform>%n of what came could not be read.</numerusform>
            <numerusform>%n of what came could not be read.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{count} came, newest {clock}</source>
        <translation>
            <numerusform>{count} came, newest {clock}</numerusform>
            <numerusform>{count} came, newest {clock}</numerusform>
        </translation>
    </message>
</context>
</TS>
