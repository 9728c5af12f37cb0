# Builds what all sandboxes share: the root skeleton with a filtered copy of the computer's /etc, and the tools of stage 2.
# $1 directory to fill   $2 "root" or "user"   $3 path of nsenter
set -e
umask 022
base=$1 kind=$2 nsenter=$3
owners=--same-owner
[ "$kind" = root ] || owners=--no-same-owner
mkdir -p "$base"
chmod 700 "$base"
mkdir "$base/root" "$base/skeleton" "$base/places" "$base/empty" "$base/boxes" "$base/boxes/.tools"
mkdir -m 700 "$base/layers"

# /etc: only what every user of this computer may read, and no keys. What cannot be copied is left out.
cd /
find etc -xdev \( -type d -perm -o=x -o -type f -perm -o=r -o -type l \) \
    ! -path 'etc/ssh/ssh_host*' ! -path 'etc/ssl/private*' ! -path 'etc/sudoers*' ! -path etc/machine-id ! -path etc/hostname \
    ! -path etc/hosts ! -path etc/resolv.conf ! -path etc/mtab -print0 2>/dev/null |
    tar --null --no-recursion -cf - -T - 2>/dev/null | tar -xf - -C "$base/root" $owners

cd "$base/root"
mkdir -p var/lib/apt/lists/partial var/cache/apt/archives/partial var/log/apt var/tmp var/mail var/spool root home mnt srv media usr opt run/lock
chmod 1777 var/tmp
chmod 700 root
ln -sfn /run var/run
ln -sfn /run/lock var/lock
mkdir -p var/lib/dpkg
for link in bin sbin lib lib64 lib32 libx32; do
    if [ -L "/$link" ]; then ln -s "$(readlink "/$link")" "$link"; elif [ -d "/$link" ]; then mkdir -p "$link" "$base/places/$link"; fi
done
mkdir -p "$base/places/usr" "$base/places/opt" "$base/places/var/lib/dpkg"
sed 's/:.*/:*:19700:0:99999:7:::/' /etc/passwd >etc/shadow
sed 's/:.*/:*::/' /etc/group >etc/gshadow
chmod 640 etc/shadow etc/gshadow

# What lies over every root file system, a foreign one too: all mount targets are real directories and files of ours.
cd "$base/skeleton"
mkdir -p proc sys tmp dev/pts dev/shm etc
chmod 1777 tmp
for node in null zero full random urandom tty; do : >"dev/$node"; done
ln -sfn /proc/self/fd dev/fd
ln -sfn fd/0 dev/stdin
ln -sfn fd/1 dev/stdout
ln -sfn fd/2 dev/stderr
ln -sfn pts/ptmx dev/ptmx
ln -sfn ../proc/self/mounts etc/mtab
echo modal >etc/hostname
printf '127.0.0.1 localhost modal\n::1 localhost ip6-localhost ip6-loopback\n' >etc/hosts
cat /etc/resolv.conf >etc/resolv.conf 2>/dev/null || :

if [ "$kind" = user ]; then
    # The computer's files have owners that a plain user's namespace does not know: they can be replaced, but not changed. Directories
    # of our own above them let the sandbox create, replace and delete below /usr. The package manager changes its own files.
    [ ! -d /var/lib/dpkg ] || cp -a /var/lib/dpkg "$base/root/var/lib/" 2>/dev/null || :
    mkdir -p "$base/root/etc/apt/apt.conf.d"
    echo 'APT::Sandbox::User "root";' >"$base/root/etc/apt/apt.conf.d/99modal"
    for top in usr opt bin sbin lib lib64 lib32 libx32; do
        if [ -d "/$top" ] && [ ! -L "/$top" ]; then
            mkdir -p "$base/$top"
            cd "$base/$top"
            (cd "/$top" && find . -xdev -mindepth 1 -type d -printf '%P\0' 2>/dev/null || :) | xargs -0 -r mkdir -p
        fi
    done
fi

# umount with its libraries: the only program that runs once the sandbox's own root is in place, so it must not come from there.
cd "$base/boxes/.tools"
umount=$(command -v umount)
cp -L "$umount" umount
chmod 755 umount
for library in $(ldd "$umount" | grep -oE '/[^ ]+'); do
    cp -L "$library" .
    case $library in */ld-*) cp -L "$library" ld.so ;; esac
done
# Complaints about a command that cannot be started bear this name.
ln -s "$nsenter" exec

# Sandboxes' users pass through this directory, but cannot list it.
chmod 711 ..
