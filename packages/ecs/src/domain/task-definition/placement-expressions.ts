/** The expressions of a task definition's placement constraints, which have to be cluster query language. */
import { parseQuery } from '../placement/query-language/parse-query.ts';
import type { Registration } from './check.ts';

/** Throws the parser's InvalidParameterException for an expression that cannot be read. */
export const validatePlacementExpressions = ({ placementConstraints = [] }: Registration): void => {
  for (const { expression } of placementConstraints) {
    if (expression !== undefined) parseQuery(expression);
  }
};
