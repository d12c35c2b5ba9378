DROP TABLE revocation_counter;
DROP TABLE revocations;
