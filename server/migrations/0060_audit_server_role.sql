-- Made with the owner's rights: 0058 tells why.
ALTER FUNCTION audit.create_entries_partition(bigint) SECURITY DEFINER SET search_path = pg_catalog;
