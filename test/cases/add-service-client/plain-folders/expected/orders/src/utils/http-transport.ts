import type { IncomingHttpHeaders } from "node:http";
import { type Dispatcher, Pool } from "undici";

import type { CallDeadline } from "./call-deadline";
import type { ServiceRequest } from "./service-request";

export interface HttpResponse {
    status: number;
    headers: IncomingHttpHeaders;
    text: string;
}

/** A lost packet is sent again after a second; who has not answered by now is not there, and nothing was sent to it. */
const CONNECT_TIMEOUT_MS = 2_000;

/** Exchanges with one origin over kept-alive connections. */
export class HttpTransport {
    readonly #pool: Pool;
    readonly #maxResponseBytes: number;

    constructor(origin: string, maxResponseBytes: number) {
        // Time is bounded by each call's own deadline, which covers connecting, waiting and reading.
        const connect = { timeout: CONNECT_TIMEOUT_MS };
        this.#pool = new Pool(origin, { connections: 128, connect, headersTimeout: 0, bodyTimeout: 0 });
        this.#maxResponseBytes = maxResponseBytes;
    }

    /** Sends one request and reads its whole answer; rejects when the deadline is cancelled. */
    send(
        { method, path, headers }: ServiceRequest,
        body: string | null,
        deadline: CallDeadline,
    ): Promise<HttpResponse> {
        return new Promise((resolve, reject) => {
            let controller: Dispatcher.DispatchController | undefined;
            deadline.onCancel((error) => {
                reject(error);
                controller?.abort(error);
            });
            if (deadline.reason !== undefined) return;
            const response: HttpResponse = { status: 0, headers: {}, text: "" };
            const chunks: Buffer[] = [];
            let bytes = 0;
            // Below undici's request(), which would cost an AbortSignal and a stream a call.
            this.#pool.dispatch(
                { method, path, headers, body },
                {
                    onRequestStart: (started) => {
                        controller = started;
                        // It has waited for a connection, and nothing has been sent yet.
                        if (deadline.reason !== undefined) started.abort(new Error(deadline.reason));
                    },
                    onResponseStart: (_controller, status, headers) => {
                        if (status < 200) return;
                        Object.assign(response, { status, headers });
                        if (Number(headers["content-length"]) > this.#maxResponseBytes)
                            deadline.cancel("invalid_response");
                    },
                    onResponseData: (_controller, chunk) => {
                        bytes += chunk.length;
                        if (bytes > this.#maxResponseBytes) deadline.cancel("invalid_response");
                        else chunks.push(chunk);
                    },
                    onResponseEnd: () => {
                        response.text = Buffer.concat(chunks).toString("utf8");
                        resolve(response);
                    },
                    onResponseError: (_controller, error) => {
                        reject(error);
                    },
                },
            );
        });
    }

    /** Closes the connections, also those of a peer that never lets go; exchanges in flight fail. */
    close(): Promise<void> {
        return this.#pool.destroy();
    }
}
