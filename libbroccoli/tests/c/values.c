/* Strings, buffers, records, tables, sets and vectors. */
#include <stdint.h>

#include "check.h"

static void strings(void)
{
    BroString s, t, *copy;
    memset(&s, 0xaa, sizeof s);
    bro_string_init(&s);
    CHECK(s.str_len == 0 && s.str_val == NULL);
    CHECK(bro_string_set(&s, "abc") == TRUE);
    CHECK(s.str_len == 3 && memcmp(s.str_val, "abc", 4) == 0);
    CHECK(bro_string_get_length(&s) == 3 && bro_string_get_data(&s) == s.str_val);
    CHECK(bro_string_set(&s, NULL) == FALSE && bro_string_set(NULL, "a") == FALSE);
    CHECK(s.str_len == 3);
    /* The previous content of a string is not freed: programs do that. */
    free(s.str_val);
    CHECK(bro_string_set_data(&s, (const uchar *) "x\0y", 3) == TRUE);
    CHECK(s.str_len == 3 && memcmp(s.str_val, "x\0y", 4) == 0);
    CHECK(bro_string_set_data(&s, NULL, 3) == FALSE);
    CHECK(bro_string_set_data(&s, (const uchar *) "x", -1) == FALSE);
    CHECK(bro_string_set_data(NULL, (const uchar *) "x", 1) == FALSE);
    copy = bro_string_copy(&s);
    CHECK(copy && copy->str_val != s.str_val && copy->str_len == 3 && copy->str_val[2] == 'y');
    CHECK(bro_string_copy(NULL) == NULL);
    bro_string_init(&t);
    bro_string_assign(copy, &t);
    CHECK(t.str_len == 3 && t.str_val != copy->str_val && memcmp(t.str_val, "x\0y", 4) == 0);
    bro_string_assign(&s, &t);
    bro_string_assign(NULL, &t);
    bro_string_assign(&s, NULL);
    CHECK(t.str_len == 3);
    bro_string_free(copy);
    bro_string_free(NULL);
    bro_string_cleanup(&s);
    CHECK(s.str_len == 0 && s.str_val == NULL);
    bro_string_cleanup(&s);
    bro_string_cleanup(NULL);
    free(t.str_val);
    CHECK(bro_string_get_length(NULL) == 0 && bro_string_get_data(NULL) == NULL);
}

static void buffers(void)
{
    static char big[4097];
    char out[8] = "";
    BroBuf *b = bro_buf_new();
    CHECK(b && bro_buf_get_used_size(b) == 0 && bro_buf_get_size(b) == 4096);
    CHECK(bro_buf_append(b, "hello", 5) == TRUE && bro_buf_get_used_size(b) == 5);
    CHECK(bro_buf_get_end(b) - bro_buf_get(b) == 5 && memcmp(bro_buf_get(b), "hello", 5) == 0);
    CHECK(bro_buf_ptr_tell(b) == 0 && bro_buf_ptr_get(b) == bro_buf_get(b));
    CHECK(bro_buf_ptr_check(b, 5) == TRUE && bro_buf_ptr_check(b, 6) == FALSE);
    CHECK(bro_buf_ptr_read(b, out, 2) == TRUE && memcmp(out, "he", 2) == 0);
    CHECK(bro_buf_ptr_tell(b) == 2);
    CHECK(bro_buf_ptr_read(b, out, 4) == FALSE && bro_buf_ptr_tell(b) == 2);
    CHECK(bro_buf_ptr_seek(b, 1, SEEK_CUR) == TRUE && bro_buf_ptr_tell(b) == 3);
    CHECK(bro_buf_ptr_seek(b, -5, SEEK_END) == TRUE && bro_buf_ptr_tell(b) == 0);
    CHECK(bro_buf_ptr_seek(b, 5, SEEK_SET) == TRUE && bro_buf_ptr_tell(b) == 5);
    CHECK(bro_buf_ptr_seek(b, 6, SEEK_SET) == FALSE && bro_buf_ptr_seek(b, -1, SEEK_SET) == FALSE);
    CHECK(bro_buf_ptr_seek(b, 1, SEEK_END) == FALSE && bro_buf_ptr_seek(b, 0, 77) == FALSE);
    CHECK(bro_buf_ptr_seek(b, 4, SEEK_SET) == TRUE && bro_buf_ptr_write(b, "OWN", 3) == TRUE);
    CHECK(bro_buf_get_used_size(b) == 7 && memcmp(bro_buf_get(b), "hellOWN", 7) == 0);
    CHECK(bro_buf_ptr_seek(b, 4, SEEK_SET) == TRUE);
    bro_buf_consume(b);
    CHECK(bro_buf_get_used_size(b) == 3 && bro_buf_ptr_tell(b) == 0);
    CHECK(memcmp(bro_buf_get(b), "OWN", 3) == 0);
    CHECK(bro_buf_append(b, big, 4097) == FALSE && bro_buf_get_used_size(b) == 3);
    CHECK(bro_buf_append(b, big, 4092) == TRUE);
    IMPROVED(bro_buf_append(b, "x", 1) == TRUE && bro_buf_append(b, "x", 1) == FALSE);
    CHECK(bro_buf_append(b, "xy", 2) == FALSE);
    CHECK(bro_buf_ptr_seek(b, 4000, SEEK_SET) == TRUE && bro_buf_ptr_write(b, big, 100) == FALSE);
    bro_buf_reset(b);
    CHECK(bro_buf_get_used_size(b) == 0 && bro_buf_ptr_tell(b) == 0);
    IMPROVED(bro_buf_append(b, NULL, 1) == FALSE && bro_buf_append(b, "x", -1) == FALSE);
    IMPROVED(bro_buf_ptr_read(b, NULL, 0) == FALSE && bro_buf_ptr_check(b, -1) == FALSE);
    bro_buf_free(b);
    bro_buf_free(NULL);
    CHECK(bro_buf_append(NULL, "x", 1) == FALSE && bro_buf_get(NULL) == NULL);
    CHECK(bro_buf_get_end(NULL) == NULL && bro_buf_get_size(NULL) == 0);
    CHECK(bro_buf_get_used_size(NULL) == 0 && bro_buf_ptr_get(NULL) == NULL);
    CHECK(bro_buf_ptr_tell(NULL) == 0 && bro_buf_ptr_seek(NULL, 0, SEEK_SET) == FALSE);
    CHECK(bro_buf_ptr_check(NULL, 1) == FALSE && bro_buf_ptr_read(NULL, out, 1) == FALSE);
    CHECK(bro_buf_ptr_write(NULL, out, 1) == FALSE);
    bro_buf_consume(NULL);
    bro_buf_reset(NULL);
}

/* The part of a record that old bindings access. */
struct opened_record {
    void *val_list;
    int val_len;
};

static void records(void)
{
    uint64 n = 7, m = 8;
    int type;
    double d = 2.5;
    BroString s;
    BroRecord *r = bro_record_new(), *outer = bro_record_new();
    uint64 *at;
    CHECK(r && bro_record_get_length(r) == 0);
    CHECK(((struct opened_record *) r)->val_len == 0);
    CHECK(bro_record_add_val(r, "n", BRO_TYPE_COUNT, NULL, &n) == TRUE);
    bro_string_set(&s, "text");
    CHECK(bro_record_add_val(r, "s", BRO_TYPE_STRING, NULL, &s) == TRUE);
    bro_string_cleanup(&s);
    CHECK(bro_record_get_length(r) == 2 && ((struct opened_record *) r)->val_len == 2);
    at = bro_record_get_nth_val(r, 0, NULL);
    CHECK(at && at != &n && *at == 7);
    type = BRO_TYPE_UNKNOWN;
    CHECK(bro_record_get_nth_val(r, 0, &type) == at && type == BRO_TYPE_COUNT);
    type = BRO_TYPE_COUNT;
    CHECK(bro_record_get_nth_val(r, 0, &type) == at && type == BRO_TYPE_COUNT);
    type = BRO_TYPE_INT;
    CHECK(bro_record_get_nth_val(r, 0, &type) == NULL && type == BRO_TYPE_COUNT);
    type = BRO_TYPE_MAX;
    CHECK(bro_record_get_nth_val(r, 0, &type) == NULL);
    type = -1;
    CHECK(bro_record_get_nth_val(r, 0, &type) == NULL);
    CHECK(bro_record_get_nth_val(r, 2, NULL) == NULL && bro_record_get_nth_val(r, -1, NULL) == NULL);
    CHECK(bro_record_get_nth_val(NULL, 0, NULL) == NULL);
    CHECK(strcmp(bro_record_get_nth_name(r, 1), "s") == 0);
    CHECK(bro_record_get_nth_name(r, 2) == NULL && bro_record_get_nth_name(NULL, 0) == NULL);
    CHECK(bro_record_get_named_val(r, "n", NULL) == at);
    CHECK(bro_record_get_named_val(r, "x", NULL) == NULL);
    CHECK(bro_record_get_named_val(r, NULL, NULL) == NULL);
    CHECK(bro_record_get_named_val(NULL, "n", NULL) == NULL);
    type = BRO_TYPE_STRING;
    CHECK(strcmp((char *) ((BroString *) bro_record_get_named_val(r, "s", &type))->str_val, "text") == 0);
    /* Values keep their addresses when others are added. */
    for (int i = 0; i < 100; i++)
        bro_record_add_val(r, "many", BRO_TYPE_COUNT, NULL, &m);
    CHECK(bro_record_get_nth_val(r, 0, NULL) == at && *at == 7);
    CHECK(bro_record_set_nth_val(r, 0, BRO_TYPE_DOUBLE, NULL, &d) == TRUE);
    CHECK(*(double *) bro_record_get_named_val(r, "n", NULL) == 2.5);
    CHECK(bro_record_set_nth_val(r, 0, BRO_TYPE_COUNT, NULL, NULL) == FALSE);
    CHECK(bro_record_set_nth_val(r, 102, BRO_TYPE_COUNT, NULL, &n) == FALSE);
    CHECK(bro_record_set_nth_val(r, -1, BRO_TYPE_COUNT, NULL, &n) == FALSE);
    CHECK(bro_record_set_nth_val(r, 0, BRO_TYPE_MAX, NULL, &n) == FALSE);
    CHECK(bro_record_set_nth_val(NULL, 0, BRO_TYPE_COUNT, NULL, &n) == FALSE);
    CHECK(bro_record_set_named_val(r, "n", BRO_TYPE_COUNT, NULL, &m) == TRUE);
    CHECK(*(uint64 *) bro_record_get_nth_val(r, 0, NULL) == 8);
    CHECK(bro_record_set_named_val(r, "none", BRO_TYPE_COUNT, NULL, &m) == TRUE);
    CHECK(bro_record_get_length(r) == 102);
    CHECK(bro_record_set_named_val(r, NULL, BRO_TYPE_COUNT, NULL, &m) == FALSE);
    CHECK(bro_record_set_named_val(r, "", BRO_TYPE_COUNT, NULL, &m) == FALSE);
    CHECK(bro_record_set_named_val(r, "n", BRO_TYPE_COUNT, NULL, NULL) == FALSE);
    CHECK(bro_record_set_named_val(r, "n", 99, NULL, &m) == FALSE);
    CHECK(bro_record_set_named_val(NULL, "n", BRO_TYPE_COUNT, NULL, &m) == FALSE);
    /* No value, no name, no type, no record. */
    CHECK(bro_record_add_val(r, "unset", BRO_TYPE_COUNT, NULL, NULL) == TRUE);
    type = BRO_TYPE_UNKNOWN;
    CHECK(bro_record_get_named_val(r, "unset", &type) == NULL);
    IMPROVED(type == BRO_TYPE_UNKNOWN);
    CHECK(bro_record_add_val(r, NULL, BRO_TYPE_COUNT, NULL, &n) == TRUE);
    CHECK(strcmp(bro_record_get_nth_name(r, 103), "") == 0);
    CHECK(bro_record_add_val(r, "p", BRO_TYPE_PATTERN, NULL, &n) == FALSE);
    CHECK(bro_record_add_val(r, "p", BRO_TYPE_MAX, NULL, &n) == FALSE);
    CHECK(bro_record_add_val(r, "p", -1, NULL, &n) == FALSE);
    CHECK(bro_record_add_val(NULL, "n", BRO_TYPE_COUNT, NULL, &n) == FALSE);
    CHECK(bro_record_get_length(r) == 104);
    /* Records in records are copies. */
    IMPROVED(bro_record_add_val(outer, "unset", BRO_TYPE_RECORD, NULL, r) == TRUE);
    bro_record_free(r);
    r = bro_record_new();
    bro_record_add_val(r, "n", BRO_TYPE_COUNT, NULL, &n);
    CHECK(bro_record_add_val(outer, "inner", BRO_TYPE_RECORD, "Some::Type", r) == TRUE);
    bro_record_free(r);
    r = bro_record_get_named_val(outer, "inner", NULL);
    CHECK(r && bro_record_get_length(r) == 1);
    CHECK(r && *(uint64 *) bro_record_get_named_val(r, "n", NULL) == 7);
    bro_record_free(outer);
    bro_record_free(NULL);
    CHECK(bro_record_get_length(NULL) == 0);
}

struct seen {
    int calls, keep;
    uint64 sum;
};

static int on_entry(void *key, void *val, void *user)
{
    struct seen *seen = user;
    seen->calls++;
    seen->sum += *(uint64 *) key * 100 + *(uint64 *) val;
    return seen->keep;
}

static int on_pair(void *key, void *val, void *user)
{
    struct seen *seen = user;
    uint64 *first = bro_record_get_nth_val(key, 0, NULL);
    uint64 *second = bro_record_get_nth_val(key, 1, NULL);
    CHECK(bro_record_get_length(key) == 2 && first && second);
    seen->calls++;
    seen->sum += *first * 10 + *second + *(uint64 *) val;
    return TRUE;
}

static void tables(void)
{
    BroTable *t = bro_table_new();
    BroRecord *index = bro_record_new();
    struct seen seen = {0, TRUE, 0};
    uint64 one = 1, two = 2, three = 3;
    int k = -5, v = -5, type;
    BroString s;
    bro_table_get_types(t, &k, &v);
    CHECK(bro_table_get_size(t) == 0 && k == BRO_TYPE_UNKNOWN && v == BRO_TYPE_UNKNOWN);
    CHECK(bro_table_find(t, &one) == NULL);
    CHECK(bro_table_insert(t, BRO_TYPE_COUNT, NULL, BRO_TYPE_COUNT, &one) == FALSE);
    CHECK(bro_table_insert(t, BRO_TYPE_COUNT, &one, BRO_TYPE_COUNT, NULL) == FALSE);
    CHECK(bro_table_insert(NULL, BRO_TYPE_COUNT, &one, BRO_TYPE_COUNT, &one) == FALSE);
    CHECK(bro_table_insert(t, BRO_TYPE_COUNT, &one, BRO_TYPE_COUNT, &two) == TRUE);
    CHECK(bro_table_insert(t, BRO_TYPE_COUNT, &two, BRO_TYPE_COUNT, &three) == TRUE);
    CHECK(bro_table_insert(t, BRO_TYPE_INT, &one, BRO_TYPE_COUNT, &two) == FALSE);
    CHECK(bro_table_insert(t, BRO_TYPE_COUNT, &one, BRO_TYPE_INT, &two) == FALSE);
    bro_table_get_types(t, &k, &v);
    CHECK(k == BRO_TYPE_COUNT && v == BRO_TYPE_COUNT);
    bro_table_get_types(t, NULL, NULL);
    CHECK(bro_table_get_size(t) == 2);
    CHECK(bro_table_find(t, &one) && *(uint64 *) bro_table_find(t, &one) == 2);
    CHECK(bro_table_find(t, &three) == NULL);
    IMPROVED(bro_table_find(NULL, &one) == NULL && bro_table_find(t, NULL) == NULL);
    bro_table_foreach(t, on_entry, &seen);
    CHECK(seen.calls == 2 && seen.sum == 102 + 203);
    seen.keep = FALSE;
    bro_table_foreach(t, on_entry, &seen);
    CHECK(seen.calls == 3);
    IMPROVED((bro_table_foreach(NULL, on_entry, &seen), bro_table_foreach(t, NULL, &seen), 1));
    CHECK(bro_table_insert(t, BRO_TYPE_COUNT, &one, BRO_TYPE_COUNT, &three) == TRUE);
    CHECK(bro_table_get_size(t) == 3);
    bro_table_free(t);
    bro_table_free(NULL);
    CHECK(bro_table_get_size(NULL) == -1);

    /* Indices of several values. */
    t = bro_table_new();
    bro_record_add_val(index, NULL, BRO_TYPE_COUNT, NULL, &one);
    bro_record_add_val(index, NULL, BRO_TYPE_COUNT, NULL, &two);
    CHECK(bro_table_insert(t, BRO_TYPE_LIST, index, BRO_TYPE_COUNT, &three) == TRUE);
    bro_table_get_types(t, &k, NULL);
    CHECK(k == BRO_TYPE_LIST);
    seen.calls = seen.sum = 0;
    bro_table_foreach(t, on_pair, &seen);
    CHECK(seen.calls == 1 && seen.sum == 15);
    CHECK(bro_table_find(t, index) && *(uint64 *) bro_table_find(t, index) == 3);
    bro_record_set_nth_val(index, 1, BRO_TYPE_COUNT, NULL, &three);
    CHECK(bro_table_find(t, index) == NULL);
    bro_record_free(index);
    bro_table_free(t);

    /* Sets. */
    t = bro_set_new();
    type = -5;
    bro_set_get_type(t, &type);
    CHECK(bro_set_get_size(t) == 0 && type == BRO_TYPE_UNKNOWN);
    bro_string_set(&s, "a");
    IMPROVED(bro_set_insert(t, BRO_TYPE_STRING, &s) == TRUE);
    IMPROVED(bro_set_find(t, &s) == TRUE);
    s.str_val[0] = 'b';
    CHECK(bro_set_find(t, &s) == FALSE);
    IMPROVED(bro_set_insert(t, BRO_TYPE_STRING, &s) == TRUE && bro_set_get_size(t) == 2);
    CHECK(bro_set_insert(t, BRO_TYPE_COUNT, &one) == FALSE);
    CHECK(bro_set_insert(t, BRO_TYPE_STRING, NULL) == FALSE);
    CHECK(bro_set_insert(NULL, BRO_TYPE_STRING, &s) == FALSE);
    IMPROVED(bro_set_find(NULL, &s) == FALSE && bro_set_find(t, NULL) == FALSE);
    bro_set_get_type(t, &type);
    IMPROVED(type == BRO_TYPE_STRING);
    CHECK(bro_set_get_size(NULL) == -1);
    bro_string_cleanup(&s);
    bro_set_free(t);
    bro_set_free(NULL);
}

static void vectors(void)
{
    BroVector *v = bro_vector_new();
    uint64 n = 5, *at;
    double d = 1.5;
    int type = BRO_TYPE_UNKNOWN;
    CHECK(v && bro_vector_get_length(v) == 0 && bro_vector_get_length(NULL) == 0);
    CHECK(bro_vector_add_val(v, BRO_TYPE_COUNT, NULL, &n) == TRUE);
    at = bro_vector_get_nth_val(v, 0, &type);
    CHECK(at && *at == 5 && type == BRO_TYPE_COUNT);
    for (int i = 0; i < 100; i++)
        bro_vector_add_val(v, BRO_TYPE_DOUBLE, NULL, &d);
    CHECK(bro_vector_get_nth_val(v, 0, NULL) == at && bro_vector_get_length(v) == 101);
    CHECK(bro_vector_add_val(v, BRO_TYPE_COUNT, NULL, NULL) == TRUE);
    CHECK(bro_vector_get_length(v) == 102);
    type = BRO_TYPE_UNKNOWN;
    CHECK(bro_vector_get_nth_val(v, 101, &type) == NULL);
    type = BRO_TYPE_INT;
    CHECK(bro_vector_get_nth_val(v, 0, &type) == NULL && type == BRO_TYPE_COUNT);
    CHECK(bro_vector_get_nth_val(v, 102, NULL) == NULL && bro_vector_get_nth_val(v, -1, NULL) == NULL);
    CHECK(bro_vector_get_nth_val(NULL, 0, NULL) == NULL);
    CHECK(bro_vector_set_nth_val(v, 0, BRO_TYPE_DOUBLE, NULL, &d) == TRUE);
    CHECK(*(double *) bro_vector_get_nth_val(v, 0, NULL) == 1.5);
    CHECK(bro_vector_set_nth_val(v, 0, BRO_TYPE_DOUBLE, NULL, NULL) == FALSE);
    CHECK(bro_vector_set_nth_val(v, 102, BRO_TYPE_DOUBLE, NULL, &d) == FALSE);
    CHECK(bro_vector_set_nth_val(NULL, 0, BRO_TYPE_DOUBLE, NULL, &d) == FALSE);
    CHECK(bro_vector_add_val(v, BRO_TYPE_FUNC, NULL, &n) == FALSE);
    CHECK(bro_vector_add_val(NULL, BRO_TYPE_COUNT, NULL, &n) == FALSE);
    bro_vector_free(v);
    bro_vector_free(NULL);
}

/* Writes every type to a record, and reads it. */
static void conversions(void)
{
    BroRecord *r = bro_record_new();
    int yes = 256, type;
    int64_t i = INT64_MIN;
    uint64 c = UINT64_MAX;
    double d = -0.0;
    BroPort p = {65535, IPPROTO_UDP}, odd = {1, 132}, big = {65536, IPPROTO_TCP};
    BroAddr v4 = {{0, 0, htonl(0xffff), htonl(0x0a000001)}};
    BroAddr v6 = {{htonl(0x20010db8), 0, 0, htonl(1)}};
    BroSubnet n4, n6;
    n4.sn_net = v4;
    n4.sn_width = 32;
    n6.sn_net = v6;
    n6.sn_width = 128;
    CHECK(bro_record_add_val(r, "b", BRO_TYPE_BOOL, NULL, &yes) == TRUE);
    CHECK(*(int *) bro_record_get_named_val(r, "b", NULL) == 1);
    CHECK(*(int64_t *) bro_record_get_named_val(r, "b", NULL) == 1);
    CHECK(bro_record_add_val(r, "i", BRO_TYPE_INT, NULL, &i) == TRUE);
    CHECK(*(int64_t *) bro_record_get_named_val(r, "i", NULL) == INT64_MIN);
    CHECK(bro_record_add_val(r, "c", BRO_TYPE_COUNTER, NULL, &c) == TRUE);
    CHECK(*(uint64 *) bro_record_get_named_val(r, "c", NULL) == UINT64_MAX);
    for (type = BRO_TYPE_DOUBLE; type <= BRO_TYPE_INTERVAL; type++) {
        int found = type;
        CHECK(bro_record_add_val(r, "d", type, NULL, &d) == TRUE);
        double *at = bro_record_get_nth_val(r, bro_record_get_length(r) - 1, &found);
        CHECK(at && memcmp(at, &d, sizeof d) == 0 && found == type);
    }
    CHECK(bro_record_add_val(r, "p", BRO_TYPE_PORT, NULL, &p) == TRUE);
    CHECK(((BroPort *) bro_record_get_named_val(r, "p", NULL))->port_num == 65535);
    CHECK(((BroPort *) bro_record_get_named_val(r, "p", NULL))->port_proto == IPPROTO_UDP);
    IMPROVED(bro_record_add_val(r, "o", BRO_TYPE_PORT, NULL, &odd) == TRUE);
    IMPROVED(((BroPort *) bro_record_get_named_val(r, "o", NULL))->port_proto == 0);
    IMPROVED(bro_record_add_val(r, "o", BRO_TYPE_PORT, NULL, &big) == FALSE);
    CHECK(bro_record_add_val(r, "4", BRO_TYPE_IPADDR, NULL, &v4) == TRUE);
    CHECK(memcmp(bro_record_get_named_val(r, "4", NULL), &v4, sizeof v4) == 0);
    CHECK(bro_record_add_val(r, "6", BRO_TYPE_IPADDR, NULL, &v6) == TRUE);
    CHECK(memcmp(bro_record_get_named_val(r, "6", NULL), &v6, sizeof v6) == 0);
    CHECK(bro_record_add_val(r, "n4", BRO_TYPE_SUBNET, NULL, &n4) == TRUE);
    CHECK(memcmp(bro_record_get_named_val(r, "n4", NULL), &n4, sizeof n4) == 0);
    CHECK(bro_record_add_val(r, "n6", BRO_TYPE_SUBNET, NULL, &n6) == TRUE);
    CHECK(memcmp(bro_record_get_named_val(r, "n6", NULL), &n6, sizeof n6) == 0);
    n4.sn_width = 33;
    IMPROVED(bro_record_add_val(r, "n4", BRO_TYPE_SUBNET, NULL, &n4) == FALSE);
    CHECK(bro_record_add_val(r, "e", BRO_TYPE_ENUM, "E", &c) == TRUE);
    CHECK(bro_util_is_v4_addr(&v4) == TRUE && bro_util_is_v4_addr(&v6) == FALSE);
    IMPROVED(bro_util_is_v4_addr(NULL) == FALSE);
    CHECK(memcmp(BRO_IPV4_MAPPED_PREFIX, &v4, 12) == 0);
    bro_record_free(r);
}

int main(void)
{
    strings();
    buffers();
    records();
    tables();
    vectors();
    conversions();
    return finish();
}
