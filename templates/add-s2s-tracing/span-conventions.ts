import { type Span, SpanStatusCode } from '@opentelemetry/api';

/** The attribute by which all spans and log lines of one request are found. */
export const CORRELATION_ID = 'correlation.id';

/** Marks a span as failed; `type` is a status, else the kind of error, as in the semantic conventions. */
export function failSpan(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
