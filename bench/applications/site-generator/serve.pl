#!/usr/bin/perl
use strict;
use warnings;
use IO::Socket::INET;

my $server = IO::Socket::INET->new(LocalPort => 8091, Listen => 8, ReuseAddr => 1) or die "cannot listen: $!";
while (my $client = $server->accept) {
    my ($page) = (<$client> // '') =~ m{^GET /(\w*)};
    open my $file, '<', sprintf('/var/www/%s.html', $page || 'index') or next;
    print $client "HTTP/1.0 200 OK\r\n\r\n", <$file>;
    close $client;
}
