<?php
$db = new PDO('sqlite:' . __DIR__ . '/../var/guestbook.sqlite');
$db->exec("INSERT INTO visits VALUES (datetime('now'))");
echo 'visit number ', $db->query('SELECT count(*) FROM visits')->fetchColumn();
