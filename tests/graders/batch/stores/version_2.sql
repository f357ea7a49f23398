BEGIN TRANSACTION;
CREATE TABLE class (
        path TEXT NOT NULL PRIMARY KEY,
        file TEXT NOT NULL,
        student TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        graded_with TEXT NOT NULL
    );
INSERT INTO "class" VALUES('/class/ada.ipynb','ada.ipynb','Ada','aa','key');
INSERT INTO "class" VALUES('/class/bob.zip','bob.zip','Bob','bb','key');
CREATE TABLE results (
        file TEXT NOT NULL,
        student TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        graded_with TEXT NOT NULL,
        seconds REAL NOT NULL,
        level TEXT NOT NULL,
        status TEXT NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (file, student, sha256, graded_with)
    );
INSERT INTO "results" VALUES('ada.ipynb','Ada','aa','key',0.0,'','needs a person: the grader failed on q1; cell 3: no result after 30 s: look for an endless loop','{"failed": false, "file": "ada.ipynb", "level": "", "notes": [{"cell": 3, "early": true, "error": "", "line": null, "lost": "no result after 30 s: look for an endless loop", "text": ""}], "questions": {"q1": {"cases": [{"grader_error": false, "hidden": true, "hint": "", "message": "passed", "name": "q1: sign", "not_run": false, "note": "", "passed": true, "points": 1.0}, {"grader_error": true, "hidden": true, "hint": "A person will look at it.", "message": "undecided", "name": "q1: value", "not_run": false, "note": "symbolic.undecided", "passed": false, "points": 2.0}], "possible": 3.0, "score": 1.0}}, "seconds": 0.0, "sha256": "aa", "status": "needs a person: the grader failed on q1; cell 3: no result after 30 s: look for an endless loop", "student": "Ada"}');
INSERT INTO "results" VALUES('bob.zip','Bob','bb','key',0.0,'','not a zip file','{"failed": false, "file": "bob.zip", "level": "", "notes": [], "questions": {}, "seconds": 0.0, "sha256": "bb", "status": "not a zip file", "student": "Bob"}');
CREATE TABLE run (
        assignment TEXT NOT NULL,
        seed TEXT NOT NULL,
        possible TEXT NOT NULL,
        files INTEGER NOT NULL
    );
INSERT INTO "run" VALUES('vaes_and_gans','6','{"q1": 3.0}',2);
CREATE TABLE transcripts (
        sha256 TEXT NOT NULL,
        ran_with TEXT NOT NULL,
        digest TEXT NOT NULL,
        transcript BLOB NOT NULL,
        PRIMARY KEY (sha256, ran_with)
    );
INSERT INTO "transcripts" VALUES('aa','ran','677fe21b65f4a6cf1d105853d51f4f0a562698aa6374cb4d279d46a99dd3e6a3',X'616E7377657273');
CREATE VIEW records AS
        SELECT path, file, student, sha256, seconds, level, status, record
        FROM class JOIN results USING (file, student, sha256, graded_with);
COMMIT;
PRAGMA user_version = 2;
