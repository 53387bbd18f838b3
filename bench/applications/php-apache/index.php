<?php
file_put_contents(__DIR__ . '/uploads/last.txt', 'seen');
echo 'PHP ', PHP_MAJOR_VERSION, ' ', file_get_contents(__DIR__ . '/uploads/last.txt');
