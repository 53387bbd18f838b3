<?php
$db = new PDO('sqlite:' . __DIR__ . '/var/guestbook.sqlite');
$db->exec('CREATE TABLE visits (at TEXT)');
