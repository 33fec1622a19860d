/** An image that this agent pulled, kept for the clean-up of images. Times in milliseconds since the epoch. */
export interface ImageRecord {
  /** `sha256:…` */
  readonly imageId: string;
  /** Every name that this agent pulled it by. */
  readonly references: readonly string[];
  readonly pulledAt: number;
  readonly lastUsedAt: number;
}
