import type { Route } from '../../model/app-facts.ts';
import type { Shape } from './shape.ts';

/** What a caller of a route sends and gets, as JSON. */
export interface TypedRoute {
  readonly route: Route;
  readonly operationId?: string;
  readonly params: Shape;
  readonly query: Shape;
  /** Undefined: the route takes no body. */
  readonly body: Shape | undefined;
  /** Of all 2xx. */
  readonly answer: Shape;
  /** Answers other than 2xx that the callee declares, by status. */
  readonly failures: readonly Readonly<{ status: number; shape: Shape }>[];
  /** It answers with text or a stream. */
  readonly isText?: boolean;
}

export function takesBody({ method }: Route): boolean {
  return /^(POST|PUT|PATCH)$/.test(method);
}
