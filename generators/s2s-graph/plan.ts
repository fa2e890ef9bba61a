import type { RunAnswers } from '../_engine/model/generator.ts';
import type { Plan } from '../_engine/model/plan.ts';
import { type Refusal, refuse } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { toRel } from '../_engine/model/paths.ts';
import { editTowards } from '../_engine/repo/draft.ts';
import { surveyHeads } from '../_engine/repo/services.ts';
import type { ServiceGraph } from './graph.ts';
import { renderMermaid } from './mermaid.ts';
import { surveyGraph } from './survey-graph.ts';

export interface GraphAnswers extends Pick<RunAnswers, 'targets'> {
  readonly format: 'mermaid' | 'json' | 'svg';
  readonly out: string | undefined;
}

/** The graph as text to print, or as one file to write. Reads by syntax tree; runs none of the repo's code. */
export async function planGraph(answers: GraphAnswers, repo: Repo): Promise<Plan | Refusal> {
  const heads = surveyHeads(repo);
  if (heads.length === 0) {
    return refuse({
      code: 'E_NO_FASTIFY',
      at: { path: '.' },
      message: `No package below ${repo.root} depends on fastify.`,
      remedy: 'Run the command in the repository of your services, or name it with --cwd.',
    });
  }
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
