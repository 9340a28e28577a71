-- Many deliveries are leased by one record together, at which a program from before would not look: it would take
-- them for free. Nothing that is there changes but the name of the table in which each commit is noted, so that
-- processes of before, which may still run, commit nothing from here on and end.
ALTER TABLE IF EXISTS writers RENAME TO commits;
