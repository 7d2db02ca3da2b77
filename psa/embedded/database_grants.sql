-- Run by the owner role inside a database of its own, before the first migration.
-- The production database is prepared by the same file (see docker-compose.yml).
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO psa_app;
GRANT USAGE, CREATE ON SCHEMA public TO psa_search;
GRANT USAGE, CREATE ON SCHEMA public TO psa_eraser;

ALTER DEFAULT PRIVILEGES FOR ROLE psa_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO psa_app;
ALTER DEFAULT PRIVILEGES FOR ROLE psa_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO psa_app;
ALTER DEFAULT PRIVILEGES FOR ROLE psa_owner IN SCHEMA public
    GRANT EXECUTE ON FUNCTIONS TO psa_app;
ALTER DEFAULT PRIVILEGES FOR ROLE psa_owner IN SCHEMA public
    GRANT SELECT ON TABLES TO psa_search;
ALTER DEFAULT PRIVILEGES FOR ROLE psa_owner IN SCHEMA public
    GRANT SELECT, DELETE ON TABLES TO psa_eraser;
