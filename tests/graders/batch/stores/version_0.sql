BEGIN TRANSACTION;
CREATE TABLE records (
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    graded_with TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (file, sha256, graded_with)
);
INSERT INTO "records" VALUES('ada.ipynb','aa','key','{"failed": false, "file": "ada.ipynb", "level": "", "notes": ["cell 3: no result after 30 s: look for an endless loop"], "questions": {"q1": {"cases": [{"grader_error": false, "hidden": true, "hint": "", "message": "passed", "name": "q1: sign", "not_run": false, "note": "", "passed": true, "points": 1.0}, {"grader_error": true, "hidden": true, "hint": "A person will look at it.", "message": "undecided", "name": "q1: value", "not_run": false, "note": "symbolic.undecided", "passed": false, "points": 2.0}], "possible": 3.0, "score": 1.0}}, "seconds": 0.0, "sha256": "aa", "status": "needs a person: the grader failed on q1; cell 3: no result after 30 s: look for an endless loop", "student": ""}');
INSERT INTO "records" VALUES('bob.zip','bb','key','{"failed": false, "file": "bob.zip", "level": "", "notes": [], "questions": {}, "seconds": 0.0, "sha256": "bb", "status": "not a zip file", "student": ""}');
COMMIT;
PRAGMA user_version = 0;
