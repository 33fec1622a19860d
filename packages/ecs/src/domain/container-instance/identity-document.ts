/** What an EC2 instance identity document says of the machine. Page: "Instance identity documents" in the EC2 user guide. */
import { invalidParameter } from '../errors.ts';

export interface InstanceIdentity {
  readonly instanceId?: string | undefined;
  readonly availabilityZone?: string | undefined;
  readonly imageId?: string | undefined;
  readonly instanceType?: string | undefined;
}

/** Reads the document; an agent outside EC2 sends none or an empty text. Throws InvalidParameterException for garbage. */
export const parseIdentityDocument = (document: string | undefined): InstanceIdentity => {
  if (document === undefined || document === '') return {};
  const parsed = parseJson(document);
  if (typeof parsed !== 'object' || parsed === null) throw invalidParameter('Invalid instance identity document.');
  const text = (member: string): string | undefined => {
    const value: unknown = Reflect.get(parsed, member);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    instanceId: text('instanceId'),
    availabilityZone: text('availabilityZone'),
    imageId: text('imageId'),
    instanceType: text('instanceType'),
  };
};

const parseJson = (document: string): unknown => {
  try {
    return JSON.parse(document) as unknown;
  } catch {
    return undefined;
  }
};
