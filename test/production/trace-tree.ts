import type { ReceivedSpan } from '../helpers/otlp-receiver.ts';

const shown = [
  'http.response.status_code',
  'http.request.resend_count',
  'error.type',
  'circuit_breaker.state',
  'correlation.id',
];

/** A span, and how many of its trace are above it. */
export interface PlacedSpan {
  readonly span: ReceivedSpan;
  readonly depth: number;
}

/** A trace with children below their parents, in the order in which they began. */
export function placedSpans(spans: readonly ReceivedSpan[]): readonly PlacedSpan[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const below = (parent: string | undefined, depth: number): readonly PlacedSpan[] =>
    spans
      .filter(({ parentSpanId }) => (parent === undefined ? !ids.has(parentSpanId) : parentSpanId === parent))
      .toSorted((a, b) => Number(a.startedAt - b.startedAt))
      .flatMap((span) => [{ span, depth }, ...below(span.spanId, depth + 1)]);
  return below(undefined, 0);
}

export function traceTree(spans: readonly ReceivedSpan[]): string {
  return placedSpans(spans).map(lineOf).join('\n');
}

function lineOf({ depth, span: { attributes, events, kind, name, service } }: PlacedSpan): string {
  const known = shown.filter((key) => attributes[key] !== undefined);
  const values = known.map((key) => `${key}=${attributes[key] ?? ''}`);
  const happened = events.map((event) => `[${event}]`);
  const head = `${'  '.repeat(depth)}${service}`.padEnd(20);
  return `${head} ${kind.padEnd(8)} ${[name, ...values, ...happened].join('  ')}`;
}
