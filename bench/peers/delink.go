// The job in Go, with net/http and the standard library alone.
//
// usage: delink BASE_URL JOB.csv RESULTS.csv IN_FLIGHT
package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
)

const batchSize = 100

var fields = []string{"module", "record_id", "related_list", "related_id"}

type key struct{ target, id string }

type outcome struct{ status, code, http, message string }

type batch struct {
	target string
	ids    []string
}

type answer struct {
	Data []struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Details struct {
			ID string `json:"id"`
		} `json:"details"`
	} `json:"data"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// forRows calls body with every row, its target and its ID; the slice is used again.
func forRows(path string, head func([]string), body func([]string, key)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	reader := csv.NewReader(bufio.NewReaderSize(file, 1<<16))
	reader.ReuseRecord = true
	row, err := reader.Read()
	if err != nil {
		return err
	}
	head(row)
	at := map[string]int{}
	for i, name := range row {
		at[name] = i
	}
	columns := make([]int, len(fields))
	for i, name := range fields {
		columns[i] = at[name]
	}
	for {
		row, err = reader.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		target := row[columns[0]] + "/" + row[columns[1]] + "/" + row[columns[2]]
		body(row, key{target, row[columns[3]]})
	}
}

// readBatches groups the rows by target and cuts each group into batches.
func readBatches(path string) ([]batch, error) {
	order := []string{}
	groups := map[string][]string{}
	seen := map[key]bool{}
	err := forRows(path, func([]string) {}, func(_ []string, row key) {
		if seen[row] {
			return
		}
		seen[row] = true
		ids, known := groups[row.target]
		if !known {
			order = append(order, row.target)
		}
		groups[row.target] = append(ids, row.id)
	})
	batches := []batch{}
	for _, target := range order {
		ids := groups[target]
		for start := 0; start < len(ids); start += batchSize {
			end := start + batchSize
			if end > len(ids) {
				end = len(ids)
			}
			batches = append(batches, batch{target, ids[start:end]})
		}
	}
	return batches, err
}

func send(client *http.Client, base string, work batch) (map[key]outcome, error) {
	url := base + "/crm/v8/" + work.target + "?ids=" + strings.Join(work.ids, ",")
	request, err := http.NewRequest(http.MethodDelete, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Zoho-oauthtoken "+os.Getenv("ZOHO_ACCESS_TOKEN"))
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var answer answer
	if err = json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	status := strconv.Itoa(response.StatusCode)
	outcomes := make(map[key]outcome, len(work.ids))
	for _, entry := range answer.Data {
		is := "failed"
		if entry.Code == "SUCCESS" {
			is = "success"
		}
		outcomes[key{work.target, entry.Details.ID}] = outcome{is, entry.Code, status, entry.Message}
	}
	if answer.Data == nil {
		for _, id := range work.ids {
			outcomes[key{work.target, id}] = outcome{"failed", answer.Code, status, answer.Message}
		}
	}
	return outcomes, nil
}

func sendAll(base string, batches []batch, inFlight int) map[key]outcome {
	client := &http.Client{Transport: &http.Transport{
		MaxIdleConns: inFlight, MaxIdleConnsPerHost: inFlight, MaxConnsPerHost: inFlight,
		DisableCompression: true,
	}}
	work := make(chan batch)
	all := map[key]outcome{}
	var lock sync.Mutex
	var workers sync.WaitGroup
	for i := 0; i < inFlight; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for batch := range work {
				outcomes, err := send(client, base, batch)
				if err != nil {
					log.Print(err)
					continue
				}
				lock.Lock()
				for key, outcome := range outcomes {
					all[key] = outcome
				}
				lock.Unlock()
			}
		}()
	}
	for _, batch := range batches {
		work <- batch
	}
	close(work)
	workers.Wait()
	return all
}

func writeResults(job, results string, outcomes map[key]outcome) error {
	file, err := os.Create(results)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(file, 1<<16)
	writer := csv.NewWriter(buffer)
	number := 0
	columns := []string{"result_row", "result_status", "result_code", "result_http", "result_message"}
	err = forRows(job,
		func(head []string) { writer.Write(append(append([]string{}, head...), columns...)) },
		func(row []string, of key) {
			number++
			outcome, known := outcomes[of]
			if !known {
				outcome.status, outcome.code = "unknown", "no-entry"
			}
			writer.Write(append(append([]string{}, row...), strconv.Itoa(number), outcome.status,
				outcome.code, outcome.http, outcome.message))
		})
	writer.Flush()
	if err == nil {
		err = writer.Error()
	}
	if err == nil {
		err = buffer.Flush()
	}
	if err == nil {
		err = file.Close()
	}
	return err
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: delink BASE_URL JOB.csv RESULTS.csv IN_FLIGHT")
		os.Exit(2)
	}
	base, job, results := os.Args[1], os.Args[2], os.Args[3]
	inFlight, err := strconv.Atoi(os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	batches, err := readBatches(job)
	if err != nil {
		log.Fatal(err)
	}
	if err = writeResults(job, results, sendAll(base, batches, inFlight)); err != nil {
		log.Fatal(err)
	}
}
