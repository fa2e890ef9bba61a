import Fastify from "fastify";
import { orderRoutes } from "./routes/orders";
import serviceTracing from "./plugins/service-tracing";

async function main() {
    const server = Fastify({ logger: true });

    server.register(serviceTracing);

    server.get("/health", async () => ({ status: "ok" }));

    server.register(orderRoutes);

    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => {
            server.close().then(() => process.exit(0));
        });
    }

    await server.listen({ port: Number(process.env.PORT) || 4002, host: process.env.HOST || "0.0.0.0" });
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
