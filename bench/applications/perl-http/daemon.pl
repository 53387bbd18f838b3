#!/usr/bin/perl
use strict;
use warnings;
use HTTP::Daemon;
use HTTP::Response;

my $daemon = HTTP::Daemon->new(LocalAddr => '0.0.0.0', LocalPort => 4000, ReuseAddr => 1) or die "cannot listen: $!";
while (my $connection = $daemon->accept) {
    while (my $request = $connection->get_request) {
        $connection->send_response(HTTP::Response->new(200, 'OK', undef, "perl says hello\n"));
    }
    $connection->close;
}
