import type { Edit, Finding, Plan } from '../model/plan.ts';
import {
  attempt,
  type Obstacle,
  type ObstacleCode,
  type Refusal,
  type UsageCode,
} from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { Role } from '../model/roles.ts';
import { countLines } from '../plan/diff.ts';

export type Status = 'applied' | 'unchanged' | 'planned' | 'refused' | 'conflicts' | 'drift' | 'failed';

/** What a run has come to: the document that `--json` prints (`schema` 1), and what the report is made of. */
export interface Outcome {
  readonly schema: 1;
  readonly generator: string;
  readonly status: Status;
  readonly targets: readonly Readonly<{ service: string; root: RelPath }>[];
  readonly changes: readonly Change[];
  readonly obstacles: readonly FlatObstacle[];
  /** s2s-status: what has drifted; s2s-upgrade: where both sides changed the same lines. */
  readonly findings: readonly Finding[];
  /** What was asked to be shown: s2s-graph without --out. */
  readonly output?: string;
  readonly notes: readonly string[];
  readonly next: readonly string[];
  readonly command: string;
}

export interface Change {
  readonly path: RelPath;
  readonly action: 'create' | 'modify' | 'delete';
  readonly role: Role;
  /** Lines. */
  readonly added: number;
  readonly removed: number;
}

/** An obstacle with its place laid flat. */
export interface FlatObstacle {
  readonly code: ObstacleCode;
  readonly path?: string;
  readonly line?: number;
  readonly frame?: string;
  readonly message: string;
  readonly remedy: string;
  readonly manual?: string;
}

const usageCodes: ReadonlySet<ObstacleCode> = new Set<UsageCode>([
  'E_USAGE',
  'E_UNKNOWN_FLAG',
  'E_MISSING_FLAG',
  'E_INVALID_FLAG',
  'E_UNKNOWN_GENERATOR',
]);

/** 0 done or already there · 1 unexpected failure · 2 usage · 3 the repo does not allow it · 4 conflicts · 5 drift. */
export function exitCodeOf(outcome: Outcome): 0 | 1 | 2 | 3 | 4 | 5 {
  if (outcome.status === 'failed') return 1;
  if (outcome.status === 'conflicts') return 4;
  if (outcome.status === 'drift') return 5;
  if (outcome.status !== 'refused') return 0;
  return outcome.obstacles.every((obstacle) => usageCodes.has(obstacle.code)) ? 2 : 3;
}

export function changesOf(plan: Plan): readonly Change[] {
  return plan.edits.map((edit: Edit) => {
    const { kind, path, role } = edit;
    return { path, action: kind === 'patch' ? 'modify' : kind, role, ...countLines(edit) };
  });
}

function flatten({ at, ...rest }: Obstacle): FlatObstacle {
  return { ...rest, ...at };
}

/** The outcome of a refusal; the code around each place is read from `repo`, if there is one by then. */
export function refused(
  start: Pick<Outcome, 'generator' | 'command'>,
  obstacles: Refusal['obstacles'],
  repo?: Repo,
): Outcome {
  return {
    schema: 1,
    ...start,
    status: 'refused',
    targets: [],
    changes: [],
    obstacles: obstacles.map((obstacle) => flatten(withFrame(obstacle, repo))),
    findings: [],
    notes: [],
    next: [],
  };
}

const linesAround = 2;

/** The lines around a 1-based line, with numbers and a mark at it; undefined when the text has no such line. */
function codeFrame(text: string, line: number): string | undefined {
  const lines = text.split(/\r?\n/);
  if (line < 1 || line > lines.length) return undefined;
  const first = Math.max(1, line - linesAround);
  const last = Math.min(lines.length, line + linesAround);
  const width = String(last).length;
  return lines
    .slice(first - 1, last)
    .map((content, index) => {
      const number = first + index;
      return `${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${content}`.trimEnd();
    })
    .join('\n');
}

/** Puts the code to a place that has a line; a file that cannot be read has none to show. */
function withFrame(obstacle: Obstacle, repo: Repo | undefined): Obstacle {
  const { at } = obstacle;
  if (repo === undefined || at?.line === undefined || at.frame !== undefined) return obstacle;
  // What stands in an environment is nobody else's business.
  if (/(^|\/)\.env/.test(at.path)) return obstacle;
  const text = attempt(() => repo.read(at.path as RelPath));
  const frame = text === undefined ? undefined : codeFrame(text, at.line);
  return frame === undefined ? obstacle : { ...obstacle, at: { ...at, frame } };
}
