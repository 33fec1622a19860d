# Serves one page over HTTP and writes a line every two seconds until it is told to stop.
bb=/bin/busybox
trap '$bb echo "hello: told to stop, bye"; exit 0' TERM INT
$bb mkdir -p /www
$bb echo "${GREETING:-Hello} from $($bb hostname)" >/www/index.html
$bb httpd -p 8080 -h /www
$bb echo "hello: serving on port 8080"
n=0
while :; do
  n=$((n + 1))
  $bb echo "hello: line $n"
  $bb sleep 2 &
  wait $!
done
