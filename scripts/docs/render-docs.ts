import { join } from 'node:path';

import { format, resolveConfig } from 'prettier';

import { projectRoot } from '../../test/helpers/project-root.ts';
import { renderDeclarations } from './declarations.ts';
import { renderExitCodes } from './exit-codes.ts';
import { renderFlags } from './flags.ts';
import { renderObstacles } from './obstacles.ts';
import { outcomeSchema, renderOutcome } from './outcome-schema.ts';
import { packDeclarations } from './pack-declarations.ts';

/** Every document that is made from the code: path below the project's root → text, formatted. */
export async function renderDocs(): Promise<ReadonlyMap<string, string>> {
  const schema = outcomeSchema();
  const reference = [
    '# Reference',
    'Written by `npm run docs` from the code; nothing here is typed by hand, and a test compares it.',
    contents(),
    '## Generators and flags',
    await renderFlags(),
    '## Exit codes',
    renderExitCodes(),
    '## The JSON document',
    renderOutcome(schema),
    '## Obstacle codes',
    renderObstacles(),
    '## The programmatic API',
    packDeclarations(),
    '## What is generated',
    renderDeclarations(),
  ].join('\n\n');
  return new Map([
    ['docs/reference.md', await formatted('docs/reference.md', reference)],
    ['docs/outcome.schema.json', await formatted('docs/outcome.schema.json', JSON.stringify(schema))],
  ]);
}

function contents(): string {
  return [
    '[Generators and flags](#generators-and-flags)',
    '[Exit codes](#exit-codes)',
    '[The JSON document](#the-json-document)',
    '[Obstacle codes](#obstacle-codes)',
    '[The programmatic API](#the-programmatic-api)',
    '[What is generated](#what-is-generated)',
  ].join(' · ');
}

async function formatted(path: string, text: string): Promise<string> {
  const file = join(projectRoot, path);
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}
