// Parses workflow files and action files with the parser that GitHub itself
// publishes and prints every error as file:line:col: message.
//
//   node parse.mjs FILE...
import {readFile} from "node:fs/promises";
import {register} from "node:module";
import {basename} from "node:path";

// The package imports its schemas as JSON without import attributes, which
// Node refuses: https://nodejs.org/api/esm.html#json-modules. So hand them
// over as modules.
register(
  "data:text/javascript," +
    encodeURIComponent(`
      import {readFile} from "node:fs/promises";
      export async function load(url, context, next) {
        if (!url.endsWith(".json")) return next(url, context);
        const source = "export default " + (await readFile(new URL(url), "utf8"));
        return {format: "module", source, shortCircuit: true};
      }`),
);

const {parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter} = await import("@actions/workflow-parser");
const {parseAction} = await import("@actions/workflow-parser/actions/action-parser");

const trace = new NoOperationTraceWriter();

async function errorsOf(name) {
  const file = {name, content: await readFile(name, "utf8")};
  if (/^action\.ya?ml$/.test(basename(name))) {
    return parseAction(file, trace).context.errors.getErrors();
  }
  const {context, value} = parseWorkflow(file, trace);
  if (context.errors.count === 0) {
    await convertWorkflowTemplate(context, value);
  }
  return context.errors.getErrors();
}

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: node parse.mjs FILE...");
  process.exit(2);
}
for (const name of files) {
  for (const {rawMessage, range} of await errorsOf(name)) {
    const {line = 1, column = 1} = range?.start ?? {};
    console.log(`${name}:${line}:${column}: ${rawMessage.split("\n")[0]}`);
    process.exitCode = 1;
  }
}
