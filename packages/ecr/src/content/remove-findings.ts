import type { WriteTransaction } from '@oreno/store';
import { scanFindings } from '../scan-records.ts';
import type { ScanRecord } from '../scan-records.ts';

/** Removes what was found in an image. */
export const removeFindings = async (
  tx: WriteTransaction,
  { repositoryId, digest }: Pick<ScanRecord, 'repositoryId' | 'digest'>,
): Promise<void> => {
  for (const { record } of await tx.list(scanFindings, { where: { repositoryId, digest } })) {
    await tx.delete(scanFindings, record);
  }
};
