-- A record is written again soon after it was added (a delivery is planned, leased, settled): where its page has room
-- for that, no index is touched. Engines without pages take this and do nothing.
ALTER TABLE records SET (fillfactor = 50);
