/**
 * Encryption settings as repositories show them. They are kept and returned; the bytes themselves are as safe as
 * the disk below, which the API reference of CreateRepository has no words for.
 */
import { invalidParameter } from './exceptions.ts';

export interface Encryption {
  readonly encryptionType: 'AES256' | 'KMS' | 'KMS_DSSE';
  readonly kmsKey?: string | undefined;
}

/** The settings asked for, with ECR's defaults filled in: AES256, and the account's own key of ECR for KMS. */
export const encryptionOf = (
  asked: Encryption | undefined,
  { account, region }: { readonly account: string; readonly region: string },
): Encryption => {
  const encryptionType = asked?.encryptionType ?? 'AES256';
  if (encryptionType === 'AES256') {
    if (asked?.kmsKey !== undefined)
      throw invalidParameter('kmsKey', 'is only allowed with the encryption types KMS and KMS_DSSE');
    return { encryptionType };
  }
  return { encryptionType, kmsKey: asked?.kmsKey ?? `arn:aws:kms:${region}:${account}:alias/aws/ecr` };
};
