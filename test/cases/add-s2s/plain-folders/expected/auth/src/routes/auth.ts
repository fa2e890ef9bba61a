import { FastifyInstance } from "fastify";
import jwt from "jsonwebtoken";
import { JWT_SECRET } from "../config";
import { verifyPassword } from "../passwords";
import { findUserByEmail } from "../users";

interface LoginBody {
    email: string;
    password: string;
}

const loginSchema = {
    body: {
        type: "object",
        required: ["email", "password"],
        properties: {
            email: { type: "string" },
            password: { type: "string" },
        },
    },
};

export default async function authRoutes(server: FastifyInstance) {
    server.post<{ Body: LoginBody }>("/login", { schema: loginSchema }, async (request, reply) => {
        const user = findUserByEmail(request.body.email);
        if (!user || !(await verifyPassword(request.body.password, user.password))) {
            return reply.code(401).send({ error: "Wrong email or password" });
        }

        const { id: userId, email, tenant } = user;
        const token = jwt.sign({ userId, email, tenant }, JWT_SECRET, { expiresIn: "1h" });
        return { token };
    });

    server.post("/logout", async (request, reply) => {
        await server.tokenBlacklist.revokeRequest(request);
        request.log.info("logged out");
        return reply.code(204).send();
    });
}
