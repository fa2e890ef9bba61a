import { FastifyInstance, FastifyPluginOptions } from "fastify";

interface Order {
    id: number;
    item: string;
    quantity: number;
}

const orders: Order[] = [{ id: 1, item: "teapot", quantity: 2 }];

const createSchema = {
    body: {
        type: "object",
        required: ["item", "quantity"],
        properties: {
            item: { type: "string", minLength: 1 },
            quantity: { type: "integer", minimum: 1 },
        },
    },
};

export function orderRoutes(server: FastifyInstance, _options: FastifyPluginOptions, done: () => void) {
    server.addHook("onRequest", server.authenticate);

    server.post<{ Body: Omit<Order, "id"> }>("/orders", { schema: createSchema }, async (request, reply) => {
        const order = { id: orders.length + 1, ...request.body };
        orders.push(order);
        return reply.code(201).send(order);
    });

    done();
}
