/** The least that such a tool can do: load node-plop and ts-morph, and parse the files that are given. */
import { readFileSync } from 'node:fs';

import nodePlop from 'node-plop';
import { ts } from 'ts-morph';

await nodePlop();
for (const file of process.argv.slice(2))
  ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
