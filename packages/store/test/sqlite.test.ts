import { openTemporaryStore } from '@oreno/store';
import { describeStoreContract } from './contract.ts';

describeStoreContract('SQLite', () => openTemporaryStore());
