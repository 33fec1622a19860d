/** A record's key as the text that names it in a control loop, and back. */
import type { KeyValue } from '@oreno/store';

export const keyText = (key: readonly KeyValue[]): string => JSON.stringify(key);

export const readKeyText = (text: string): readonly KeyValue[] => JSON.parse(text) as readonly KeyValue[];
