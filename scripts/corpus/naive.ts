/**
 * The same edit in the two usual ways, to have something to compare with: `npm run corpus:naive -- <dir>…`. One import
 * and one registration go into the app file of each service, by ts-morph's own mutation calls and by a pattern as
 * plop's `modify` takes it. What is lost is judged by the proof that our own edits have to pass.
 */
import { writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

import { Node, Project, SyntaxKind } from 'ts-morph';

import type { Service } from '../../generators/_engine/model/service.ts';
import { ensureImport } from '../../generators/_engine/edit/ensure-import.ts';
import { ensureRegistration } from '../../generators/_engine/edit/ensure-registration.ts';
import { attempt } from '../../generators/_engine/model/obstacle.ts';
import { openRepo } from '../../generators/_engine/repo/repo.ts';
import { findService } from '../../generators/_engine/facts/app/service.ts';
import { surveyHeads } from '../../generators/_engine/repo/services.ts';
import { detectStyle } from '../../generators/_engine/facts/style/style.ts';
import { applyChanges, type TextChange } from '../../generators/_engine/model/text-change.ts';
import type { NaiveRow } from './report.ts';
import { verdictOn, verdicts } from './verdict.ts';

type Way = (text: string, service: Service) => string;

/** As the documentation of ts-morph shows it. */
const byTree: Way = (text, { app }) => {
  const file = new Project({ useInMemoryFileSystem: true }).createSourceFile('/app.ts', text);
  file.addImportDeclaration({ defaultImport: 'authVerify', moduleSpecifier: './plugins/auth-verify' });
  const last = file
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .filter((call) => call.getExpression().getText() === `${app.binding}.register`)
    .at(-1);
  const statement = last?.getFirstAncestor((node) => Node.isStatement(node));
  const block = statement?.getParent();
  if (statement === undefined || block === undefined || !Node.isStatemented(block)) return file.getFullText();
  block.insertStatements(statement.getChildIndex() + 1, `${app.binding}.register(authVerify);`);
  return file.getFullText();
};

/** As plop's `modify` is usually written: after the last import, and after the last registration on one line. */
const byPattern: Way = (text, { app }) => {
  const name = app.binding.replaceAll(/[.#()]/g, String.raw`\$&`);
  return text
    .replace(/((?:^import .*\n)+)/m, "$1import authVerify from './plugins/auth-verify';\n")
    .replace(
      new RegExp(`([\\s\\S]*)(${name}\\.register\\(.*\\n)`),
      `$1$2  ${app.binding}.register(authVerify);\n`,
    );
};

/** By this pack's own edits. */
const byPack: Way = (text, { app, routes }) => {
  const style = detectStyle([text]);
  const source = { from: './plugins/auth-verify', default: 'authVerify' };
  const imported = applied(text, () => ensureImport(text, source, style));
  const routePlugins = routes.map(({ name }) => name);
  const want = { app, plugin: 'authVerify', position: 'before-routes', routePlugins } as const;
  return applied(imported, () => ensureRegistration(imported, want, style));
};

function applied(text: string, ensure: () => readonly TextChange[]): string {
  return applyChanges(text, attempt(ensure) ?? []);
}

const ways: Readonly<Record<string, Way>> = {
  'ts-morph mutations': byTree,
  'plop modify': byPattern,
  'this pack': byPack,
};

const args = process.argv.slice(2);
const jsonAt = args.indexOf('--json');
const json = jsonAt < 0 ? undefined : args.splice(jsonAt, 2)[1];
const found: NaiveRow[] = [];
for (const dir of args) {
  const repo = openRepo(resolve(dir));
  for (const head of surveyHeads(repo)) {
    const service = findService(repo, head.dir);
    if (service === undefined) continue;
    const base = repo.read(service.app.file) ?? '';
    for (const [way, edit] of Object.entries(ways)) {
      const verdict = verdictOn(base, edit(base, service), service);
      found.push({ repo: basename(dir).replace('+', '/'), service: head.name, way, verdict });
    }
  }
}

for (const way of Object.keys(ways)) {
  const own = found.filter((one) => one.way === way);
  const counts = verdicts.map(
    (verdict) => [verdict, own.filter((one) => one.verdict === verdict).length] as const,
  );
  const parts = counts
    .filter(([, times]) => times > 0)
    .map(([verdict, times]) => `${verdict}: ${String(times)}`);
  console.log(`${way} (${String(own.length)} services): ${parts.join(', ')}`);
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify(found, undefined, 2)}\n`);
