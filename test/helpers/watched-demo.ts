import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { launch, type Page } from 'puppeteer-core';

import { childEnvironment } from './child-environment.ts';
import { ensureCommand } from './ensure-command.ts';
import { projectRoot } from './project-root.ts';

/** `npm run demo -- --watch` that runs, and its page in a headless Chromium. */
export interface WatchedDemo {
  readonly url: string;
  readonly page: Page;
  /** Everything that the page has asked for, and every mistake in it. */
  readonly requests: readonly string[];
  readonly mistakes: readonly string[];
  /** Closes the browser and ends the demo as Ctrl-C does. @returns its exit code */
  close(): Promise<number | null>;
}

/** Needs a build. @throws Error with its output when the demo ends before it tells where its page is */
export async function openWatchedDemo(): Promise<WatchedDemo> {
  const executablePath = await ensureCommand('chromium');
  const demo = spawn(process.execPath, ['--import', 'tsx', 'scripts/demo.ts', '--watch'], {
    cwd: projectRoot,
    // As CI starts it: a pipe has no colours there either.
    env: childEnvironment({ CI: 'true' }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  process.once('exit', () => demo.kill());
  const output: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [demo.stdout, demo.stderr])
      createInterface(stream).on('line', (line) => {
        output.push(line);
        const found = /Watch it in a browser: (\S+)/.exec(line)?.[1];
        if (found !== undefined) resolve(found);
      });
    demo.once('exit', () => {
      reject(new Error(output.join('\n')));
    });
  });

  // A container's root may have no sandbox; the page is our own.
  const browser = await launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 800 });
  const [requests, mistakes]: [string[], string[]] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => mistakes.push(String(error)));
  page.on('console', (message) => mistakes.push(message.text()));
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  const close = async (): Promise<number | null> => {
    await browser.close();
    demo.kill('SIGINT');
    if (demo.exitCode === null) await once(demo, 'exit');
    return demo.exitCode;
  };
  return { url, page, requests, mistakes, close };
}
