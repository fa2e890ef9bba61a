import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request that was read to its end. */
export interface Received {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
    readonly socket: Socket;
}

export type Answer = (response: ServerResponse, request: Received) => void;

export function json(status: number, data: unknown, headers: Record<string, string> = {}): Answer {
    return (response) => {
        response.writeHead(status, { "content-type": "application/json", ...headers });
        response.end(JSON.stringify(data));
    };
}

export const silence: Answer = () => undefined;
export const hangUp: Answer = (response) => {
    response.socket?.destroy();
};

/** A real HTTP server in place of a service: it gives its answers in turn, and the last one from then on. */
export class StubServer {
    readonly received: Received[] = [];
    origin = "";
    #answers: Answer[] = [];
    readonly #server = createServer((request, response) => {
        const { method = "", url = "", headers, socket } = request;
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
            const body = Buffer.concat(chunks).toString("utf8");
            const received = { method, url, headers, body, socket };
            this.received.push(received);
            const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
            answer?.(response, received);
        });
    });

    async start(): Promise<void> {
        await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
        this.origin = `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
    }

    /** The request that came last. @throws Error when there was none */
    get last(): Received {
        const last = this.received[this.received.length - 1];
        if (last === undefined) throw new Error("The stub server received no request");
        return last;
    }

    /** Sets the answers and forgets the requests before. */
    answer(...answers: Answer[]): void {
        this.#answers = answers;
        this.received.length = 0;
    }

    async stop(): Promise<void> {
        this.#server.closeAllConnections();
        await new Promise((resolve) => this.#server.close(resolve));
    }
}
