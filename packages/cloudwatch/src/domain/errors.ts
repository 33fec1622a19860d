/** The exceptions of CloudWatch's operations (API reference, "Errors" of each). */
import { AwsError } from '@oreno/aws-wire';

export const invalidValue = (message: string): AwsError => new AwsError('InvalidParameterValueException', message);

export const invalidCombination = (message: string): AwsError =>
  new AwsError('InvalidParameterCombinationException', message);

export const missingParameter = (message: string): AwsError =>
  new AwsError('MissingRequiredParameterException', message);

export const invalidToken = (): AwsError => new AwsError('InvalidNextToken', 'The next token is invalid.');

/** What the operations on alarms and metric math answer for a request that is not well formed. */
export const validationError = (message: string): AwsError => new AwsError('ValidationError', message);
