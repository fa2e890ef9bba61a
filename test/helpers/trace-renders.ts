import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';

/** What a planned file was rendered from, and its text before the repo's formatter. */
export interface RenderedFile {
  /** Path below `templates/`. */
  readonly template: string;
  readonly view: object;
  readonly text: string;
}

interface Trace {
  readonly byText: Map<string, RenderedFile>;
  readonly textOf: Map<string, string>;
}

const traces = new AsyncLocalStorage<Trace>();

subscribe('plop-pack-s2s:render', (message) => {
  const rendered = message as RenderedFile;
  const byText = traces.getStore()?.byText;
  if (byText?.has(rendered.text) === false) byText.set(rendered.text, rendered);
});
subscribe('plop-pack-s2s:plan', (message) => {
  const { path, text } = message as { readonly path: string; readonly text: string };
  traces.getStore()?.textOf.set(path, text);
});

/** Runs `plan` and tells which template each planned file comes from; files of the user come from none. */
export async function traceRenders<Result>(
  plan: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly rendered: ReadonlyMap<string, RenderedFile> }> {
  const trace: Trace = { byText: new Map(), textOf: new Map() };
  const result = await traces.run(trace, plan);
  const rendered = new Map<string, RenderedFile>();
  for (const [path, text] of trace.textOf) {
    const from = trace.byText.get(text);
    if (from !== undefined) rendered.set(path, from);
  }
  return { result, rendered };
}
