/** What the files of the client are rendered from; imports are specifiers as each file has to write them. */
export interface ClientView {
  readonly retry: boolean;
  /** Errors take a cause in their constructor. */
  readonly errorCause: boolean;
  readonly breakerImport: string;
  readonly deadlineImport: string;
  readonly transportImport: string;
  readonly retryImport: string;
  readonly errorImport: string;
  readonly requestImport: string;
  /** Calls and changes of the circuit are published on channels of `node:diagnostics_channel`. */
  readonly diagnostics: boolean;
  readonly diagnosticsImport: string;
}

/** What the tests of the client and of its diagnostics are rendered from. */
export interface ClientTestView {
  readonly retry: boolean;
  readonly clientImport: string;
  readonly diagnosticsImport: string;
}
