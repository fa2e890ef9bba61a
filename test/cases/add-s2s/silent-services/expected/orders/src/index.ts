import Fastify from "fastify";
import { orderRoutes } from "./routes/orders";
import authMiddleware from "./middleware/auth.middleware";

async function main() {
    const server = Fastify();

    server.register(authMiddleware);

    server.get("/health", async () => ({ status: "ok" }));

    server.register(orderRoutes);

    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => {
            server.close().then(() => process.exit(0));
        });
    }

    await server.listen({ port: 24172, host: process.env.HOST || "0.0.0.0" });
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
