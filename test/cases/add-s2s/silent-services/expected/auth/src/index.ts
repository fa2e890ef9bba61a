import Fastify from "fastify";
import authRoutes from "./routes/auth";
import authVerify from "./plugins/auth-verify";

async function main() {
    const server = Fastify();

    await server.register(authVerify);

    server.get("/health", async () => ({ status: "ok" }));

    await server.register(authRoutes, { prefix: "/auth" });

    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => {
            server.close().then(() => process.exit(0));
        });
    }

    await server.listen({ port: 24171, host: process.env.HOST || "0.0.0.0" });
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
