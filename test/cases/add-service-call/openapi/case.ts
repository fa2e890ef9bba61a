import type { Case } from '../../../helpers/case.ts';

const document = `openapi: 3.1.0
info: { title: Payments API, version: 1.0.0 }
servers: [{ url: 'https://payments.example.com/v2' }]
paths:
  /payments:
    get:
      parameters:
        - { name: page, in: query, schema: { type: integer } }
        - { name: ids, in: query, schema: { type: array, items: { type: string } } }
      responses:
        '200':
          description: Payments
          content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Payment' } } } }
    post:
      operationId: pay
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/PaymentDraft' } } } }
      responses:
        '201': { description: Made, content: { application/json: { schema: { $ref: '#/components/schemas/Payment' } } } }
        '402': { description: Declined }
  /payments/{id}:
    delete:
      parameters: [{ name: id, in: path, required: true, schema: { type: string, format: uuid } }]
      responses: { '204': { description: Gone } }
components:
  schemas:
    Payment:
      type: object
      required: [id, state]
      properties:
        id: { type: string }
        state: { enum: [open, paid] }
        parent: { $ref: '#/components/schemas/Payment' }
    PaymentDraft:
      allOf:
        - { type: object, required: [cents], properties: { cents: { type: integer } } }
        - { type: object, properties: { note: { type: [string, 'null'] } } }
`;

/** A service that is not in the repo, with a path in its URL; one parameter takes several values. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--to', 'docs/payments.openapi.yaml'],
  files: { 'docs/payments.openapi.yaml': document },
  probe: [{ service: 'services/user-service', path: '/health', status: 200 }],
};
