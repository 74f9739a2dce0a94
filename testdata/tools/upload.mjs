// Uploads an artifact with the library that actions/upload-artifact is made of.
// Its releases from 6 on send what the server of act 0.2.89 does not know.
//
//   node upload.mjs NAME RETENTION-DAYS PATTERNS
import http from "node:http";
import {dirname} from "node:path";
import {stat} from "node:fs/promises";

// The library refuses servers that are not GitHub's, and the tests have one of their own.
process.env.GITHUB_SERVER_URL = "https://github.com";

// Azure's library leaves out the = at the end of a signature, which act's server wants.
const {request} = http;
http.request = (options, ...rest) => {
  if (options.path) options.path = options.path.replace(/([?&]sig=[\w-]{43})&/, "$1=&");
  return request(options, ...rest);
};

const {DefaultArtifactClient} = await import("@actions/artifact");
const {create} = await import("@actions/glob");

const [name, days, patterns] = process.argv.slice(2);
const globber = await create(patterns, {implicitDescendants: true, excludeHiddenFiles: true});
const found = await globber.glob();
const files = [];
for (const path of found) if ((await stat(path)).isFile()) files.push(path);
if (files.length === 0) {
  console.error(`no files match ${JSON.stringify(patterns)}`);
  process.exit(1);
}
// As upload-artifact does: paths begin below the one folder that is searched.
const roots = globber.getSearchPaths();
const root = roots.length === 1 && roots[0] !== files[0] ? roots[0] : roots.length === 1 ? dirname(roots[0]) : process.cwd();
const {id, size} = await new DefaultArtifactClient().uploadArtifact(name, files, root, days ? {retentionDays: Number(days)} : {});
console.log(`uploaded ${files.length} files as ${name}${days ? ` for ${days} days` : ""}, ${size} bytes, id ${id}`);
