from php:8.3-apache as web
maintainer Web Team <web@example.org>
env APP_ENV production
env APP_GREETING hello, "dear" world
label vendor=Example\ Incorporated description="Shop \
front"
run docker-php-ext-install pdo_mysql
volume ["/var/www/html", "/data"]
volume /logs /cache
expose 80 443/tcp 8000-8010
onbuild run composer install --no-dev
onbuild copy --chown=www-data . /var/www/html
onbuild env READY=yes
user www-data
workdir /var/www/my site
cmd ["apache2-foreground"]
