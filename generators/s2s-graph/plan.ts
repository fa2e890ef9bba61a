import type { RunAnswers } from '../_engine/model/generator.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { toRel } from '../_engine/model/paths.ts';
import { editTowards } from '../_engine/repo/draft.ts';
import { assertServices, surveyHeads } from '../_engine/repo/services.ts';
import { renderMermaid, type ServiceGraph } from './graph.ts';
import { surveyGraph } from './survey-graph.ts';

export interface GraphAnswers extends Pick<RunAnswers, 'targets'> {
  readonly format: 'mermaid' | 'json' | 'svg';
  readonly out: string | undefined;
}

/** The graph as text to print, or as one file to write. Reads by syntax tree; runs none of the repo's code. */
export async function planGraph(answers: GraphAnswers, repo: Repo): Promise<Plan> {
  const heads = surveyHeads(repo);
  assertServices(repo, heads);
  const graph = surveyGraph(repo, heads, answers.targets);
  const text = await render(graph, answers.format);
  const { out } = answers;
  if (out === undefined) return { ok: true, edits: [], notes: [], output: text };
  const edit = editTowards(repo, toRel(out), 'drawing', text);
  return { ok: true, edits: edit === undefined ? [] : [edit], notes: [] };
}

async function render(graph: ServiceGraph, format: GraphAnswers['format']): Promise<string> {
  if (format === 'json') return `${JSON.stringify(graph, undefined, 2)}\n`;
  if (format === 'mermaid') return renderMermaid(graph);
  const { renderSvg } = await import('./svg.ts');
  return renderSvg(graph);
}
