-- Made with the owner's rights: 0058 tells why.
ALTER FUNCTION ledger.create_partitions(integer) SECURITY DEFINER SET search_path = pg_catalog;
