import type { Place } from '../../model/obstacle.ts';
import type { Survey } from '../../program/survey.ts';
import { findCalls } from '../../syntax/calls.ts';
import { lineOf } from '../../syntax/tree.ts';
import { findAppPlace } from '../app/app-place.ts';
import { needOf } from '../routes/guard-order.ts';

/** Where @fastify/jwt is registered in a context of its own, and nowhere on the application: `app.jwt` is undefined there. */
export function findEncapsulatedJwt(survey: Survey): Place | undefined {
  const { file, names, scope } = findAppPlace(survey);
  const isJwt = (name: string): boolean => name === '@fastify/jwt' || name === 'fastify-jwt';
  const needs = findCalls(scope, names).map((use) => ({ use, need: needOf(survey, use, file, isJwt) }));
  if (needs.some(({ need }) => need === 'here')) return undefined;
  const child = needs.find(({ need }) => need === 'child');
  return child && { path: file, line: lineOf(survey.tree(file), child.use.call.getStart()) };
}
