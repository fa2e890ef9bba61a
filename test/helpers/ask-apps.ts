import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { execa } from 'execa';

import { childEnvironment } from './child-environment.ts';
import { projectRoot } from './project-root.ts';

/** One request; `method` defaults to GET. */
export interface Request {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** An app file that exports `build()`, with what it is asked. */
export interface AskedApp {
  /** Absolute path. */
  readonly file: string;
  readonly requests: readonly Request[];
}

/** What an app answered in order, or why it did not start. */
export type Answers = Readonly<{ answers: readonly Answer[]; failure?: string }>;

const script = `
import { readFileSync, writeFileSync } from 'node:fs';
const { apps, out } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const results = [];
for (const { file, requests } of apps) {
  let app;
  try {
    const { build } = await import(file);
    app = await build();
    await app.ready();
    const answers = [];
    for (const one of requests) {
      const { statusCode: status, headers, body } = await app.inject({ method: 'GET', ...one });
      answers.push({ status, headers, body });
    }
    results.push({ answers });
  } catch (error) {
    results.push({ answers: [], failure: String(error?.stack ?? error) });
  }
  await Promise.resolve(app?.close()).catch(() => {});
}
writeFileSync(out, JSON.stringify(results));
process.exit(0);
`;

/** Builds each app in one process that runs TypeScript, and sends it its requests. */
export async function askApps(name: string, apps: readonly AskedApp[]): Promise<readonly Answers[]> {
  const folder = join(projectRoot, '.cases', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [main, input, out] = ['main.mjs', 'input.json', 'out.json'].map((file) => join(folder, file)) as [
    string,
    string,
    string,
  ];
  writeFileSync(main, script);
  const asked = apps.map(({ file, requests }) => ({ file: pathToFileURL(file).href, requests }));
  writeFileSync(input, JSON.stringify({ apps: asked, out }));
  const tsx = pathToFileURL(join(projectRoot, 'node_modules/tsx/dist/loader.mjs')).href;
  await execa(process.execPath, ['--import', tsx, main, input], {
    cwd: folder,
    env: childEnvironment({ FASTIFY_AUTOLOAD_TYPESCRIPT: '1', AUTH_SERVICE_URL: 'http://127.0.0.1:9' }),
    extendEnv: false,
  });
  const results = JSON.parse(readFileSync(out, 'utf8')) as readonly Answers[];
  rmSync(folder, { recursive: true, force: true });
  return results;
}
