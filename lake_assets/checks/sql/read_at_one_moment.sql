-- Let every statement of this transaction see the same moment, so that a load beside it is seen whole or not at all.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY
